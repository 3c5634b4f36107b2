/*
 * blocks.h - makes what is planned and not there yet, block by block. Who looks at the
 * results between two blocks is told of each, and may plan more.
 */
#ifndef HARNESS_BLOCKS_H
#define HARNESS_BLOCKS_H

#include "harness/experiment/run.h"

struct block_watch {
    /* After each block, once its trials are all there; may call run_extend. Less than 0
     * ends the run with that error. */
    int (*block_done)(void *context, struct run *run, uint64_t block,
                      struct error *error);
    void *context;
};

/* `watch` may be NULL. 0, -EINTR or -errno. */
MUST_CHECK int run_blocks(struct run *run, const struct block_watch *watch,
                          struct error *error);

#endif
