/*
 * client_load.h - what is sent to a simulated server, in the words of
 * workload/workload.h: a closed loop of clients, or an open loop whose arrivals come from
 * outside (planned_arrivals.h has those of the load generator).
 */
#ifndef ANALYSIS_SIMULATE_CLIENT_LOAD_H
#define ANALYSIS_SIMULATE_CLIENT_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/simulate/variate.h"
#include "base/error.h"

/* An arrival of an open loop. */
struct planned_arrival {
    uint64_t due_ns;
    uint32_t class_index;
};

/* From a moment on so many clients of a closed loop are wanted. */
struct client_level {
    uint64_t at_ns, clients;
};

/* Times count from the first request. The window is [begin_ns, end_ns); a request belongs
 * to it by the time at which it was due. */
struct client_load {
    uint64_t begin_ns, end_ns;
    uint64_t drain_ns; /* after the window no request begins; those that belong have so
                        * long to end */

    /* Closed loop: clients. Open loop: the most connections in use. */
    uint64_t connections;
    uint64_t requests_per_connection; /* 0: it stays open */

    /* Open loop: the next arrival in the order of time; false: there is none any more.
     * NULL: closed loop. */
    bool (*arrive)(void *context, struct planned_arrival *arrival);
    void *context;
    bool connects_as_needed; /* when an arrival finds none free; else all stand beforehand
                              */

    /* Closed loop: of what class a request is, by weight; one weight a class. */
    const double *weights;
    struct variate think;
    uint64_t start_ns; /* the clients begin one after another, evenly within this time */
    const struct client_level *levels; /* in the order of time */
    size_t level_count;                /* 0: all clients are wanted all along */
};

/* Whether it can be simulated with so many classes: 0, or -EINVAL and what is wrong. */
MUST_CHECK int client_load_check(const struct client_load *load, size_t class_count,
                                 struct error *error);

#endif
