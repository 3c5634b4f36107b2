/*
 * distribution.h - durations as a file tells of them: their number, mean, extremes and
 * percentiles and, where they were written in full, the histogram behind these.
 *
 * In JSON {count, mean, stddev, min, p50, p75, p90, p95, p99, p999, p9999, max}, in
 * nanoseconds. In full there is also "buckets": [[least value of the bucket, number of
 * values in it], ...], all that are not empty, by which distributions of several
 * generators are added up without loss. Only such distributions can be merged.
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
    bool full;                   /* the file has the buckets */
    struct histogram *histogram; /* heap; NULL where they were not in the file */
};
extern const struct record_type distribution_type;

/* Begins one with a histogram that is empty; `full`: it is to be written whole. */
void distribution_init(struct distribution *distribution, bool full);

/* Adds all values of the histogram, and works out the figures once all are there. */
void distribution_merge(struct distribution *distribution,
                        const struct histogram *values);
void distribution_summarise(struct distribution *distribution);

#endif
