/*
 * simulate.h - simulates a server under a load, event by event: what it would do if its
 * queues were all there is to it. docs/simulation.md says what is left out.
 *
 * Pure: starts nothing, measures nothing, and equal inputs give equal results, on every
 * machine with the same floating-point numbers. Any number of threads may simulate at a
 * time, each with arrivals of its own.
 */
#ifndef ANALYSIS_SIMULATE_SIMULATE_H
#define ANALYSIS_SIMULATE_SIMULATE_H

#include "analysis/simulate/client_load.h"
#include "analysis/simulate/simulation_result.h"
#include "analysis/simulate/structure.h"
#include "base/error.h"

/* Nothing in it changes, except what `load->arrive` moves on. */
struct simulation {
    const struct structure *structure;
    const struct client_load *load;
    uint64_t seed;

    /* Or NULL: is told of each reply of the whole run, in the order of the replies. */
    void (*on_reply)(void *context, uint32_t class_index, uint64_t due_ns,
                     uint64_t done_ns);
    void *context;
};

/* 0, and a result to be released; or -EINVAL and what cannot be simulated. */
MUST_CHECK int simulate(const struct simulation *simulation,
                        struct simulation_result *result, struct error *error);

#endif
