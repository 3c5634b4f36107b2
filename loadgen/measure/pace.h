/*
 * pace.h - a goodness-of-fit test of the generator's own sends: are the gaps between them
 * those of the arrival process that was asked for?
 *
 * A gap runs from one send to the next of the same process and thread. Where an arrival
 * had to wait for a free connection, which is the server's doing, it counts as sent when
 * it was due plus the generator's own lag. Gaps are in units of their mean, which is
 * known from the rate; where the rate changes, times are rescaled to a constant one first
 * (schedule_even_ns). A sample of the gaps is kept (pairs.h).
 *
 * Poisson arrivals: the Anderson-Darling test against the exponential distribution with
 * the known mean, and the correlation of each gap with the next. Constant arrivals: the
 * p99 of the gaps' distance from the mean.
 */
#ifndef LOADGEN_PACE_H
#define LOADGEN_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/measure/pairs.h"

struct pace {
    struct pairs gaps; /* in units of mean_ns */
    int arrivals;      /* enum arrivals */
    double mean_ns;
    uint64_t last_ns; /* of the last send; 0: none yet */
};

void pace_init(struct pace *pace, int arrivals, double mean_ns);
void pace_release(struct pace *pace);

static inline void pace_sent(struct pace *pace, uint64_t at_ns)
{
    if (pace->last_ns) {
        uint64_t gap_ns = at_ns > pace->last_ns ? at_ns - pace->last_ns : 0;
        pairs_add(&pace->gaps, (double)gap_ns / pace->mean_ns);
    }
    pace->last_ns = at_ns;
}

/* An arrival was not sent at all: the time up to the next send is no gap. */
static inline void pace_break(struct pace *pace)
{
    pace->last_ns = 0;
    pairs_break(&pace->gaps);
}

/* NaN where there are too few gaps, or where a figure is of the other arrivals. */
struct pace_report {
    double anderson_darling, p_value; /* Poisson */
    double lag1;                      /* Poisson: correlation of successive gaps */
    double deviation_p99_ns;          /* constant: from the mean gap */
    bool not_exponential, correlated, uneven; /* each makes a warning */
};
struct pace_report pace_judge(const struct pace *pace);

#endif
