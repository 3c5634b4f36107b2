/*
 * processor_sharing.h - n computations on P cores, each at the rate min(1, P/n): what a
 * fair scheduler with slices of no length does.
 *
 * In virtual time: as all that are there go on at the same rate, one figure says how much
 * CPU each has had since a common origin. A computation is finished when that figure
 * reaches what it was at its begin plus its work, so that they wait in a heap by this sum
 * and an event takes O(log n) (A. Parekh and R. Gallager, "A generalized processor
 * sharing approach to flow control", IEEE/ACM Trans. Networking 1, 1993, section V).
 */
#ifndef ANALYSIS_SIMULATE_PROCESSOR_SHARING_H
#define ANALYSIS_SIMULATE_PROCESSOR_SHARING_H

#include "analysis/simulate/customer.h"
#include "base/heap.h"

struct processor_sharing {
    uint64_t cores;
    double virtual_ns; /* CPU that each has had since nobody was there last */
    uint64_t at_ns;    /* the time at which it was that */
    struct heap ends;  /* customers by the virtual time of their end */
    uint64_t next_ns;  /* when the first of them is finished; UINT64_MAX: nobody */
};

void processor_sharing_init(struct processor_sharing *sharing, uint64_t cores);
void processor_sharing_release(struct processor_sharing *sharing);

void processor_sharing_begin(struct processor_sharing *sharing, struct customer *customer,
                             uint64_t work_ns, uint64_t now_ns);

/* At next_ns: the one that is finished. */
struct customer *processor_sharing_end(struct processor_sharing *sharing,
                                       uint64_t now_ns);

#endif
