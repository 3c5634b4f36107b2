/*
 * pace.h - whether the generator sent as it was told to: the gaps between its own sends
 * against those of the arrival process that was asked for.
 *
 * A gap runs from one send to the next of the same process and thread. Where an arrival
 * had to wait for a free connection, which is the server's doing, it counts as sent when
 * it was due plus the generator's own lag. Gaps are in units of their mean, which is
 * known from the rate; where that changes, times are bent until it does not
 * (schedule_even_ns). A sample of them is kept (pairs.h).
 *
 * Poisson: Anderson-Darling against the exponential with the known mean, and the
 * correlation of each gap with the next. Constant: how far gaps are from the mean.
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
    uint64_t last_ns; /* when the last one was sent; 0: none yet */
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

/* An arrival was not sent at all: the next gap is none. */
static inline void pace_break(struct pace *pace)
{
    pace->last_ns = 0;
    pairs_break(&pace->gaps);
}

/* What the gaps show; NaN where there are too few to say, or where it does not apply. */
struct pace_report {
    double anderson_darling, p_value; /* Poisson */
    double lag1;                      /* Poisson: correlation of successive gaps */
    double deviation_p99_ns;          /* constant: from the mean gap */
    bool not_exponential, correlated, uneven; /* what is flagged */
};
struct pace_report pace_judge(const struct pace *pace);

#endif
