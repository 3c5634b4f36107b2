/*
 * customer.h - what moves through the stations: a client's connection, with at most one
 * request at a time.
 */
#ifndef ANALYSIS_SIMULATE_CUSTOMER_H
#define ANALYSIS_SIMULATE_CUSTOMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "analysis/simulate/structure.h"

struct customer {
    STAILQ_ENTRY(customer) next; /* in one line at a time: see customer_line */

    /* The request, while there is one. */
    const struct action_list *program; /* NULL: there is none */
    size_t place;                      /* of the next action */
    uint32_t class_index;
    uint64_t due_ns;
    double debt_ns;   /* CPU that the next computation takes more: a wake-up, an accept */
    uint64_t left_ns; /* CPU that is missing when the slice is over; round robin only */
    uint64_t inside;  /* bit s: it has a server of station s */

    /* The connection. */
    uint64_t index;   /* among the customers */
    uint64_t kept;    /* bit s: the server of station s stays with it */
    uint64_t replies; /* that it has had */
    uint32_t home;
    bool is_open;
    bool is_parked; /* closed loop: sends nothing until more clients are wanted */
};

/* First come, first served: for a server, for a core, or for its turn at this moment. */
STAILQ_HEAD(customer_line, customer);

static inline struct customer *customer_line_take(struct customer_line *line)
{
    struct customer *customer = STAILQ_FIRST(line);
    if (customer)
        STAILQ_REMOVE_HEAD(line, next);
    return customer;
}

#endif
