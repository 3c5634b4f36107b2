/*
 * homes.h - where connections stay: deals each that is opened to a loop or process of the
 * server.
 */
#ifndef ANALYSIS_SIMULATE_HOMES_H
#define ANALYSIS_SIMULATE_HOMES_H

#include "analysis/simulate/structure.h"

struct homes {
    enum dealing dealing;
    uint32_t count;
    uint32_t last;         /* that was dealt in turn */
    uint64_t *connections; /* of each, now; heap */
};

void homes_init(struct homes *homes, uint64_t count, enum dealing dealing);
void homes_release(struct homes *homes);

/* The home of a new connection. */
uint32_t homes_open(struct homes *homes, struct random *random);

void homes_close(struct homes *homes, uint32_t home);

#endif
