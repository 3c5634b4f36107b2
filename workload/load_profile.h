/*
 * load_profile.h - the level of a load as a function of time, its integral, and the
 * inverse of that, by which arrivals of a changing rate are generated (time rescaling).
 *
 * A level is a rate or a number of clients (struct workload). A Poisson process with rate
 * r(t) is one of rate 1 on the time scale of the integral of r (D. R. Cox and V. Isham,
 * Point Processes, 1980, 4.2), and the n-th arrival of a constant process is due when the
 * integral reaches n. So arrivals stay a function of seed and workload, and a schedule
 * needs nothing but the inverse of the integral.
 *
 * Times are seconds from the first request. The warm-up comes first, at the level with
 * which the first phase begins, then the phases, stretched to the measured window, then
 * the level with which the last phase ends.
 *
 * Threads: plain data after load_profile_init.
 */
#ifndef WORKLOAD_LOAD_PROFILE_H
#define WORKLOAD_LOAD_PROFILE_H

#include <stddef.h>

#include "workload/workload.h"

/* A phase with its beginning. */
struct profile_part {
    struct load_phase phase; /* durations stretched */
    double from_s;
    double from_area; /* integral of the level up to from_s */
};

struct load_profile {
    struct profile_part *parts; /* heap; the last one never ends */
    size_t count;
    double highest; /* level */
};

/* The profile of the mix: its phases, or its constant rate. */
void load_profile_init(struct load_profile *profile, const struct workload *workload);

/* A constant level. */
void load_profile_init_level(struct load_profile *profile, double level);
void load_profile_release(struct load_profile *profile);

static inline double load_profile_highest(const struct load_profile *profile)
{
    return profile->highest;
}

double load_profile_level(const struct load_profile *profile, double at_s);

/* The integral of the level from 0 to at_s. */
double load_profile_area(const struct load_profile *profile, double at_s);

/*
 * The time at which the integral reaches `area`: INFINITY where it never does. Successive
 * calls have rising areas, and *part is a cursor for them (0 at first).
 */
double load_profile_time(const struct load_profile *profile, size_t *part, double area);

#endif
