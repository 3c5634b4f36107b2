/*
 * histogram.h - durations counted in log-linear buckets.
 *
 * The layout of HdrHistogram (G. Tene): values below 2,048 ns are kept exactly,
 * above that each power of two is divided into 1,024 equal buckets, so that a value
 * is known to better than 1 part in 1,024 (3 significant digits) from 1 ns to
 * HISTOGRAM_MAX_NS (a little over 1 h). Larger values are counted in the last bucket
 * and their exact maximum is kept.
 *
 * Mean and standard deviation come from exact running sums (Welford), not from the
 * buckets. A struct histogram belongs to one thread; merge them afterwards.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

#define HISTOGRAM_HALF_BITS 10
#define HISTOGRAM_OCTAVES   32
#define HISTOGRAM_BUCKETS   ((HISTOGRAM_OCTAVES + 1) << HISTOGRAM_HALF_BITS)
#define HISTOGRAM_MAX_NS    ((1ULL << (HISTOGRAM_HALF_BITS + HISTOGRAM_OCTAVES)) - 1)

/*
 * A coarser division for places that keep many distributions: 32 buckets per power of
 * two (within 3 %), each a row of the fine ones.
 */
#define HISTOGRAM_COARSE_SHIFT   5
#define HISTOGRAM_COARSE_BUCKETS (HISTOGRAM_BUCKETS >> HISTOGRAM_COARSE_SHIFT)

struct histogram {
    uint64_t *counts; /* HISTOGRAM_BUCKETS of them */
    uint64_t count;
    uint64_t min_ns; /* UINT64_MAX while empty */
    uint64_t max_ns;
    double mean_ns;
    double squares; /* sum of squared distances from the mean */
};

void histogram_init(struct histogram *histogram);
void histogram_release(struct histogram *histogram);
void histogram_reset(struct histogram *histogram);

void histogram_record(struct histogram *histogram, uint64_t ns);

/* Adds everything in `from` to `into`; exact but for the rounding of the sums. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/*
 * The smallest recorded value (to bucket precision, at most max_ns) such that at
 * least `fraction` of all values are no larger; fraction in 0..1. 0 while empty.
 */
uint64_t histogram_quantile(const struct histogram *histogram, double fraction);

/* The value of this rank, counted from 1, as precise as that; the least one for 0. */
uint64_t histogram_value_of_rank(const struct histogram *histogram, uint64_t rank);

double histogram_mean(const struct histogram *histogram);

/* Population standard deviation. */
double histogram_stddev(const struct histogram *histogram);

/*
 * Fewest samples from which a quantile may be printed: ln 0.025 / ln fraction, so
 * that with 97.5 % probability at least one sample lies beyond it
 * (p90: 36, p99: 368, p99.9: 3,688, p99.99: 36,887).
 */
uint64_t histogram_samples_needed(double fraction);

/* Bucket of a value, and the least and greatest value of a bucket. */
uint32_t histogram_bucket(uint64_t ns);
uint64_t histogram_bucket_low(uint32_t bucket);
uint64_t histogram_bucket_high(uint32_t bucket);

/*
 * Writes the percentile distribution in the text format that the HdrHistogram
 * plotter reads (Value, Percentile, TotalCount, 1/(1-Percentile)); values are
 * divided by `unit_ns` (1e6: milliseconds).
 */
void histogram_write_hgrm(const struct histogram *histogram, FILE *file, double unit_ns);

#endif
