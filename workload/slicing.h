/*
 * slicing.h - slices: two servers are alive at once, and the load alternates between
 * them, a short slice of time to the one and as long a slice to the other. What drifts in
 * a machine over seconds meets both alike, so that their ratio is known far better than
 * that of two trials which were measured one after the other.
 *
 * In each slice one server has all of the load and the other has none. The slice begins
 * with a guard, in which requests are sent and not recorded: caches and clients are those
 * of the other server. It ends with a drain: the next one begins when every reply is
 * there.
 */
#ifndef WORKLOAD_SLICING_H
#define WORKLOAD_SLICING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "workload/workload.h"

struct slicing {
    uint64_t count;    /* slices of each server; 0: none, trials are measured whole */
    uint64_t slice_ns; /* guard and measured part, without the drain */
};

#define SLICING_PAIRS     10 /* of processes, by default */
#define SLICING_MAX_COUNT 1000
#define SLICING_TIME      "400ms"
#define SLICING_DRAIN     "5s" /* the longest that the harness has one drain */
#define SLICING_LEAST_NS  (20 * NS_PER_MS)
#define SLICING_MAX_NS    (10 * NS_PER_S)

/* One part in eight of a slice. */
uint64_t slicing_guard_ns(const struct slicing *slicing);

/*
 * The order within each of `count` pairs of slices: whether the second server comes
 * first. Half of the pairs have it so (of an odd number, one half or the other), shuffled
 * from the seed: what grows or falls all along favours neither.
 */
void slicing_order(const struct slicing *slicing, uint64_t seed, bool *second_first);

/* Whether the load is one that can be cut: the same all the time. 0 or -EINVAL. */
MUST_CHECK int slicing_check(const struct workload *workload, struct error *error);

#endif
