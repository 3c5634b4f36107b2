/*
 * population.h - the clients: who sends the next request, when, and over which
 * connection.
 *
 * Closed loop: each client sends its next request when it has had the reply and has
 * thought. Open loop: each arrival takes one of the free connections at random, as the
 * generator does (loadgen/engine/free_set.h); where none is free it stays in the plan,
 * and is late.
 */
#ifndef ANALYSIS_SIMULATE_POPULATION_H
#define ANALYSIS_SIMULATE_POPULATION_H

#include "analysis/simulate/client_load.h"
#include "analysis/simulate/homes.h"
#include "analysis/simulate/network.h"

struct population {
    const struct client_load *load;
    struct queueing_network *network;
    struct homes homes;
    struct customer **customers; /* heap, and each of them; they stay where they are */
    size_t count, room;
    struct random connecting, choosing, thinking;
    uint64_t open, most_open; /* connections */

    /* Open loop. */
    struct customer **free; /* heap, with the same room: those without a request */
    size_t free_count;
    struct planned_arrival next; /* due_ns is UINT64_MAX: there is none any more */

    /* Closed loop. */
    struct heap thinkers; /* customers by the time at which they send */
    double *up_to;        /* running sums of the weights; heap */
    size_t level;         /* the next one of load->levels */
    uint64_t wanted;      /* clients */

    /* Whoever counts hears of each request that begins. */
    void (*on_begin)(void *context, const struct customer *customer);
    void *context;
};

/* The load must have been checked, and outlives the population, as the network does. */
void population_init(struct population *population, const struct client_load *load,
                     struct queueing_network *network, uint64_t seed);
void population_release(struct population *population);

/* When the next request can begin or clients are told to; UINT64_MAX: only when another
 * has ended, or never. */
uint64_t population_next_ns(const struct population *population);

/* Begins what is due: network_advance of the same time goes on with it. */
void population_advance(struct population *population, uint64_t now_ns);

/* The customer's request has ended. */
void population_ended(struct population *population, struct customer *customer);

/* The window is over: the population begins nothing more. Returns the next arrival that
 * was due within it and was never sent; false: there is none (more). */
bool population_take_unsent(struct population *population,
                            struct planned_arrival *arrival);

#endif
