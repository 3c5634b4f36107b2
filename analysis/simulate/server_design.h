/*
 * server_design.h - a server to be simulated: a model by its descriptor, how large its
 * parts are, and what its own work costs.
 */
#ifndef ANALYSIS_SIMULATE_SERVER_DESIGN_H
#define ANALYSIS_SIMULATE_SERVER_DESIGN_H

#include <stdint.h>

#include "record/contender.h"
#include "servers/model.h"

/* By the role of the option that says it; what a model has no option for is 0 and -1. */
struct server_sizes {
    uint64_t counts[ROLE_COUNT];
    int choices[ROLE_COUNT];
};

/* CPU time in nanoseconds, of one thread; memory in bytes. */
struct server_costs {
    double accept_ns;  /* of a connection: accepting it, starting its thread or process */
    double receive_ns; /* of a request: reading it, finding its steps */
    double reply_ns;   /* of a reply: making and writing it */
    double resume_ns;  /* of a loop: to go on with a request whose step is done */
    double switch_ns;  /* of a thread: to sleep in a step, and to come back */
    double handoff_ns; /* to put a step or a request into another thread's queue */
    double wakeup_ns;  /* of a thread that had nothing to do: to begin again. Paid once
                        * for all that it then finds, so that a request costs less under
                        * more load */
    double process_bytes;    /* of each process, with one thread */
    double thread_bytes;     /* of each other thread */
    double connection_bytes; /* of each connection, beside its thread or process */
};

struct server_design {
    const struct model *model;
    struct server_sizes sizes;
    struct server_costs costs;
    uint64_t cores;
    uint64_t slice_ns; /* the scheduler's; 0: ideal processor sharing */
};

/* As the contender's server would have them in this scenario; a word in place of a number
 * ("cores") stands for `cores`. */
void server_sizes_read(struct server_sizes *sizes, const struct contender *contender,
                       const struct scenario *scenario, uint64_t cores);

#endif
