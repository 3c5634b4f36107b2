/*
 * op_cost.h - what the steps of a path cost, run one after another on the calling
 * thread with nothing else beside them.
 */
#ifndef SERVERS_OP_COST_H
#define SERVERS_OP_COST_H

#include "base/error.h"
#include "servers/ops/ops.h"

#define OP_COST_ROUNDS 7

/* Nanoseconds for one run; medians over the rounds, and the extremes of the time. */
struct op_cost {
    double cpu_ns; /* of the calling thread */
    double wall_ns, wall_least_ns, wall_most_ns;
};

/*
 * Runs the path once (which opens and makes what it needs), then in rounds that are
 * long enough to be timed. 0; or -EINVAL for a bad path, -EIO where a step failed.
 */
MUST_CHECK int op_cost_measure(struct ops *ops, const char *path, struct op_cost *cost,
                               struct error *error);

#endif
