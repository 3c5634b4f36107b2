/*
 * blocks.h - makes what is planned and not there yet, block by block.
 */
#ifndef HARNESS_BLOCKS_H
#define HARNESS_BLOCKS_H

#include "harness/experiment/run.h"

/* 0, -EINTR or -errno. */
MUST_CHECK int run_blocks(struct run *run, struct error *error);

#endif
