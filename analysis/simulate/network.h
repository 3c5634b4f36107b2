/*
 * network.h - customers on their way through a structure: does their actions, one event
 * after another, in simulated time. Whoever owns it moves the time on and is told of each
 * request that has ended.
 *
 * An event costs O(log n): all that is to come is in heaps (waits by their time, what
 * computes by the cores' own), nothing in them is ever taken back, and nothing is
 * allocated for an event. What becomes possible at a moment stands in a line of its own
 * and is done in its order, so that equal inputs give equal results.
 */
#ifndef ANALYSIS_SIMULATE_NETWORK_H
#define ANALYSIS_SIMULATE_NETWORK_H

#include "analysis/simulate/cores.h"
#include "analysis/simulate/station.h"

struct queueing_network {
    const struct structure *structure;
    uint64_t now_ns;
    struct station *stations; /* heap */
    struct cores cores;
    struct heap waits;          /* customers by the end of their WAIT */
    struct customer_line ready; /* those that go on at this moment */
    struct random times;        /* for the times of steps */
    uint64_t events;            /* so far */

    /* The request has ended, or was refused. May start the next. */
    void (*on_end)(void *context, struct customer *customer, bool is_refused);
    void *context;
};

/* Begins at the time 0. The structure must have been checked, and outlives the network.
 */
void network_init(struct queueing_network *network, const struct structure *structure,
                  uint64_t seed);
void network_release(struct queueing_network *network);

/* The customer's request begins, now; it has none. network_advance goes on with it. */
void network_start(struct queueing_network *network, struct customer *customer,
                   const struct action_list *program);

/* Its connection is closed: gives back what stayed with it. It has no request. */
void network_close(struct queueing_network *network, struct customer *customer);

/* When something happens next; UINT64_MAX: nobody is on the way. */
uint64_t network_next_ns(const struct queueing_network *network);

/* Moves the time on, at most to network_next_ns, and does what can be done then. */
void network_advance(struct queueing_network *network, uint64_t now_ns);

/* The means begin anew. */
void network_restart(struct queueing_network *network);

#endif
