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
    bool quick_duration;   /* or the scenario's "quick_duration", where it has one */
    bool quick_points;     /* only the sweep's "quick" values, where it has some */
    uint64_t budget_ns;    /* for its trials; 0: as long as they take */
    bool looks;            /* ends at one of profile_looks; `repeat` is the first */
};

/*
 * After so many blocks a run is looked at, and ends or goes on to the next: on precision
 * or for lack of time, never for what it has found. Ends with 0.
 */
extern const uint64_t profile_looks[];

extern const struct profile profiles[]; /* by enum profile_name */

/* By its name; NULL: another version's. */
const struct profile *profile_named(const char *name);

/* How long it measures the scenario, whether or not a profile has been applied already.
 */
uint64_t profile_duration_ns(const struct profile *profile,
                             const struct scenario *scenario);

/* The profile's durations and points become the scenario's own. */
void profile_apply(const struct profile *profile, struct scenario *scenario);

#endif
