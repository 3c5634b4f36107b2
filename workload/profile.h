/*
 * profile.h - how thorough a run is: a table of three.
 */
#ifndef WORKLOAD_PROFILE_H
#define WORKLOAD_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "workload/scenario.h"

struct profile {
    const char *name;
    uint64_t repeat;       /* blocks: every contender once in each */
    double warmup_scale;   /* times the scenario's own warm-up */
    double duration_scale; /* times the scenario's own measured time */
    bool quick_points;     /* only the sweep's "quick" values, where it has some */
};

extern const struct profile profiles[]; /* by enum profile_name */

#endif
