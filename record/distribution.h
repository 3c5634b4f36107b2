/*
 * distribution.h - durations as a file tells of them: their number, mean, extremes and
 * percentiles and, where they were written in full, the histogram behind these.
 *
 * In JSON {count, mean, stddev, min, p50, p75, p90, p95, p99, p999, p9999, max}, in
 * nanoseconds. In full there is also "buckets": [[least value of the bucket, number of
 * values in it], ...], all that are not empty, by which distributions of several
 * generators are added up without loss. Only such distributions can be merged.
 *
 * Right-censored values: requests that had no reply enter with the age that they had
 * reached, which is less than what they would have taken. The mean and the greatest value
 * are then lower bounds, and so is a percentile that would be more than 1 % higher had
 * all of them taken forever. "at_least" names these; "min" is that of the values which
 * are whole.
 */
#ifndef RECORD_DISTRIBUTION_H
#define RECORD_DISTRIBUTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "record/record.h"

struct distribution {
    uint64_t count;
    /* NAN where there are no values; a percentile also where they are too few. */
    double mean_ns, stddev_ns, min_ns, max_ns;
    double p50_ns, p75_ns, p90_ns, p95_ns, p99_ns, p999_ns, p9999_ns;
    double censored, least_age_ns; /* censored values and the least of them; NAN: none */
    char **at_least;               /* keys of lower bounds, heap; NULL: there are none */
    bool full;                     /* the file has the buckets */
    struct histogram *histogram;   /* heap; NULL where they were not in the file */
};
extern const struct record_type distribution_type;

/* Begins one with a histogram that is empty; `full`: it is to be written whole. */
void distribution_init(struct distribution *distribution, bool full);

/* Adds all values of the histogram, or its ages, and works out the figures once all are
 * there. */
void distribution_merge(struct distribution *distribution,
                        const struct histogram *values);
void distribution_merge_ages(struct distribution *distribution,
                             const struct histogram *ages);
void distribution_summarise(struct distribution *distribution);

/* A bound that is no further off than this is none that a reader has to know of. */
#define DISTRIBUTION_CLOSE_ENOUGH 1.01

/* Whether the figure with this key ("p99") is a lower bound. */
bool distribution_is_at_least(const struct distribution *distribution, const char *key);

/* What the quantile would be had all censored values been infinite; INFINITY: no bound.
 * Of a distribution that has its histogram. */
double distribution_highest_quantile(const struct distribution *distribution,
                                     double fraction);

/* The number of values that are whole. */
static inline uint64_t distribution_whole(const struct distribution *distribution)
{
    bool censored = distribution->censored > 0;
    return distribution->count - (censored ? (uint64_t)distribution->censored : 0);
}

#endif
