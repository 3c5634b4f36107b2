/*
 * planned_arrivals.h - the arrivals that the load generator draws from a seed, for a
 * simulated server: the same times and the same requests. The class of an arrival is the
 * index of its request in the workload.
 */
#ifndef ANALYSIS_SIMULATE_PLANNED_ARRIVALS_H
#define ANALYSIS_SIMULATE_PLANNED_ARRIVALS_H

#include "analysis/simulate/client_load.h"
#include "workload/schedule.h"

/* The generator's threads draw a part of the arrivals each. */
struct planned_arrivals {
    struct schedule *schedules; /* heap; by thread */
    struct mix *mixes;          /* the same */
    unsigned threads;
};

/* The workload, an open loop whose duration is settled, outlives the arrivals. */
void planned_arrivals_init(struct planned_arrivals *arrivals,
                           const struct workload *workload, uint64_t seed,
                           unsigned threads);
void planned_arrivals_release(struct planned_arrivals *arrivals);

/* For client_load.arrive; its context is the struct planned_arrivals. */
bool planned_arrivals_next(void *context, struct planned_arrival *arrival);

#endif
