/*
 * interval.h - a confidence interval. One that the data cannot carry has `exists` false:
 * no interval is better than a wrong one.
 */
#ifndef ANALYSIS_INTERVAL_H
#define ANALYSIS_INTERVAL_H

#include <math.h>
#include <stdbool.h>

struct interval {
    bool exists;
    double low, high;
    double confidence; /* achieved, 0..1: at least the nominal one */
};

/* Whether it exists and holds the value. */
static inline bool interval_holds(const struct interval *interval, double value)
{
    return interval->exists && interval->low <= value && value <= interval->high;
}

/* From an interval of a logarithm to that of the figure itself. */
static inline struct interval interval_exp(struct interval interval)
{
    if (interval.exists) {
        interval.low = exp(interval.low);
        interval.high = exp(interval.high);
    }
    return interval;
}

#endif
