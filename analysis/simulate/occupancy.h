/*
 * occupancy.h - how many are somewhere, as a function of time: now, at most, and the mean
 * over time since a moment that may be moved.
 */
#ifndef ANALYSIS_SIMULATE_OCCUPANCY_H
#define ANALYSIS_SIMULATE_OCCUPANCY_H

#include <stdint.h>

struct occupancy {
    uint64_t now, most;
    uint64_t from_ns; /* the mean is taken from here on */
    uint64_t at_ns;   /* up to here it is in the area */
    double area;      /* integral of the number over time, in ns */
};

static inline void occupancy_settle(struct occupancy *occupancy, uint64_t now_ns)
{
    occupancy->area += (double)occupancy->now * (double)(now_ns - occupancy->at_ns);
    occupancy->at_ns = now_ns;
}

static inline void occupancy_add(struct occupancy *occupancy, uint64_t now_ns)
{
    occupancy_settle(occupancy, now_ns);
    if (++occupancy->now > occupancy->most)
        occupancy->most = occupancy->now;
}

static inline void occupancy_remove(struct occupancy *occupancy, uint64_t now_ns)
{
    occupancy_settle(occupancy, now_ns);
    occupancy->now--;
}

/* What was before is forgotten; those that are there stay. */
static inline void occupancy_restart(struct occupancy *occupancy, uint64_t now_ns)
{
    occupancy->from_ns = occupancy->at_ns = now_ns;
    occupancy->area = 0;
    occupancy->most = occupancy->now;
}

/* Up to now, which must lie behind the moment from which it is taken. */
static inline double occupancy_mean(const struct occupancy *occupancy, uint64_t now_ns)
{
    struct occupancy settled = *occupancy;
    occupancy_settle(&settled, now_ns);
    return settled.area / (double)(now_ns - settled.from_ns);
}

#endif
