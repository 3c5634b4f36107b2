/*
 * round_robin.h - computations on P cores in slices: who has had its slice goes to the
 * end of the line, if there is one. Who comes while all cores are taken waits until a
 * slice is over; nobody is preempted before. With a slice that is longer than any
 * computation it is first come, first served.
 */
#ifndef ANALYSIS_SIMULATE_ROUND_ROBIN_H
#define ANALYSIS_SIMULATE_ROUND_ROBIN_H

#include "analysis/simulate/customer.h"
#include "base/heap.h"

struct round_robin {
    uint64_t cores, slice_ns;
    struct heap running; /* customers by the end of their slice; at most one a core */
    struct customer_line line;
};

void round_robin_init(struct round_robin *robin, uint64_t cores, uint64_t slice_ns);
void round_robin_release(struct round_robin *robin);

void round_robin_begin(struct round_robin *robin, struct customer *customer,
                       uint64_t work_ns, uint64_t now_ns);

/* When the next slice is over; UINT64_MAX: nobody computes. */
static inline uint64_t round_robin_next_ns(const struct round_robin *robin)
{
    return heap_first_key(&robin->running);
}

/* At that time: the one that is finished, or NULL where it needs another slice. */
struct customer *round_robin_end(struct round_robin *robin, uint64_t now_ns);

#endif
