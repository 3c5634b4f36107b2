/*
 * reproduced_loads.h - what the loads of a reference are on this machine
 * (analysis/pilot.h): scaled where the run is planned, after a pilot of those that have
 * rates.
 */
#ifndef COMMANDS_REPRODUCED_LOADS_H
#define COMMANDS_REPRODUCED_LOADS_H

#include "analysis/reference.h"
#include "commands/bench.h"
#include "record/environment.h"
#include "record/load_scaling.h"

struct reproduced_loads {
    const struct reference *samples;
    const struct environment *there; /* NULL: the reference does not tell */
    struct load_scaling scaling;     /* begun by load_scaling_init */
};

/*
 * A watch that scales them. Of a plan that is only to be looked at the loads are printed
 * on stdout as far as they are known; else the pilot is run and all is told on stderr,
 * and the folder gets scaling.json.
 */
struct bench_watch reproduced_loads_watch(struct reproduced_loads *loads);

#endif
