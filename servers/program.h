/*
 * program.h - what a path means: the steps to run, and the size of the reply.
 *
 * "/wait:50ms/spin:200k/bytes:64KiB" is a program of two steps to run and a body of
 * 64 KiB; "/" is the empty program. How a path is written: workload/steps.h.
 */
#ifndef SERVERS_PROGRAM_H
#define SERVERS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "servers/ops/op.h"
#include "workload/steps.h"

struct step {
    uint64_t argument;
    const char *text; /* where the op keeps_text: of a program, a part of its path; of
                       * a job, its own copy with a NUL; else NULL */
    unsigned text_length;
    unsigned op; /* index in the list of ops */
};

/* Steps of kind OP_REPLY are not among the steps to run. */
struct program {
    struct step steps[PATH_MAX_STEPS];
    unsigned step_count;
    bool has_body_bytes;
    uint64_t body_bytes;
};

/*
 * Parses a path (which begins with a slash, and outlives the program) by a list of ops
 * that ends with NULL. 0, or -EINVAL and a message that names the step, what it accepts
 * and what was given.
 */
MUST_CHECK int program_parse(struct program *program, const struct op *const *list,
                             const char *path, size_t length, struct error *error);

#endif
