/*
 * op_cost.h - what the steps of paths cost, run one after another on the calling thread
 * with nothing else beside them.
 */
#ifndef SERVERS_OP_COST_H
#define SERVERS_OP_COST_H

#include <stddef.h>

#include "base/error.h"
#include "servers/ops/ops.h"

#define OP_COST_ROUNDS 9

/*
 * Nanoseconds for one run of a path; medians over the rounds, and the extremes. What
 * disturbs a machine only ever adds: the least is nearest to what the work itself takes.
 */
struct op_cost {
    const char *path; /* given */
    struct error why; /* why it could not be measured; its text is empty where it was */
    double cpu_ns, cpu_least_ns; /* of the calling thread */
    double wall_ns, wall_least_ns, wall_most_ns;
};

/*
 * Runs every path once (which opens and makes what it needs), then in rounds, each long
 * enough to be timed; a round visits all paths, so that a slower spell of the machine
 * touches all alike. Returns how many paths could not be measured.
 */
size_t op_costs_measure(struct ops *ops, struct op_cost *costs, size_t count);

#endif
