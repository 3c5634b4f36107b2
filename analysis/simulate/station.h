/*
 * station.h - servers with a line in front of them, at each home where the station is per
 * home: first come, first served; who is served keeps the server until it leaves.
 */
#ifndef ANALYSIS_SIMULATE_STATION_H
#define ANALYSIS_SIMULATE_STATION_H

#include "analysis/simulate/customer.h"
#include "analysis/simulate/occupancy.h"

struct station_place {
    struct customer_line line;
    struct occupancy busy, waiting;
};

struct station {
    const struct station_spec *spec;
    struct station_place *places; /* heap; by home */
    size_t place_count;
};

enum admission {
    ADMITTED,
    STANDS_IN_LINE, /* station_leave of another returns the customer when it is its turn
                     */
    REFUSED,
};

void station_init(struct station *station, const struct station_spec *spec,
                  uint64_t homes);
void station_release(struct station *station);

/* A server that was idle has to wake up: that is added to the customer's debt. */
enum admission station_enter(struct station *station, struct customer *customer,
                             uint64_t now_ns);

/* Gives the server to the first in the line, which is returned; NULL: nobody waits. */
struct customer *station_leave(struct station *station, const struct customer *customer,
                               uint64_t now_ns);

/* The means begin anew. */
void station_restart(struct station *station, uint64_t now_ns);

#endif
