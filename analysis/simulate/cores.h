/*
 * cores.h - the cores that a server's threads share, as the scheduler deals them out:
 * ideally (processor_sharing.h) or in slices (round_robin.h). Each computation is of one
 * thread, and uses one core at most.
 */
#ifndef ANALYSIS_SIMULATE_CORES_H
#define ANALYSIS_SIMULATE_CORES_H

#include "analysis/simulate/occupancy.h"
#include "analysis/simulate/processor_sharing.h"
#include "analysis/simulate/round_robin.h"

struct cores {
    uint64_t count;
    bool is_sliced;
    union {
        struct processor_sharing sharing;
        struct round_robin robin;
    } scheduler;
    struct occupancy busy;    /* cores that compute */
    struct occupancy waiting; /* threads beyond them: runnable, and without a core */
};

/* slice_ns = 0: ideal processor sharing. */
void cores_init(struct cores *cores, uint64_t count, uint64_t slice_ns);
void cores_release(struct cores *cores);

/* work_ns is above 0. */
void cores_begin(struct cores *cores, struct customer *customer, uint64_t work_ns,
                 uint64_t now_ns);

/* When something happens next; UINT64_MAX: nobody computes. */
static inline uint64_t cores_next_ns(const struct cores *cores)
{
    return cores->is_sliced ? round_robin_next_ns(&cores->scheduler.robin)
                            : cores->scheduler.sharing.next_ns;
}

/* At that time: the one that is finished, or NULL where none is. */
struct customer *cores_end(struct cores *cores, uint64_t now_ns);

/* The means begin anew. */
void cores_restart(struct cores *cores, uint64_t now_ns);

#endif
