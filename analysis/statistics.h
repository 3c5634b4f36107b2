/*
 * statistics.h - where the values of a handful of trials lie: mean, median and
 * pseudo-median, the last two with intervals that assume no distribution; and Holm's
 * correction for many tests at once.
 *
 * Pure functions over arrays of doubles; the inputs are never changed.
 */
#ifndef ANALYSIS_STATISTICS_H
#define ANALYSIS_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/interval.h"

double statistics_mean(const double *values, size_t count);

/* Sample standard deviation (divisor n - 1); NaN below two values. */
double statistics_stddev(const double *values, size_t count);

/* The middle value, or the mean of the two middle ones; NaN of nothing. */
double statistics_median(const double *values, size_t count);

/* The interval of the median by order statistics, nominally 95 %. */
struct interval statistics_median_interval(const double *values, size_t count);

/* Median of all averages (x_i + x_j) / 2, i <= j. */
double statistics_hodges_lehmann(const double *values, size_t count);

/*
 * Interval of the pseudo-median by the exact signed-rank distribution
 * (M. Hollander, D. A. Wolfe, "Nonparametric statistical methods", 1999, section 3.3). It
 * assumes a symmetric distribution.
 */
struct interval statistics_wilcoxon_interval(const double *values, size_t count,
                                             double confidence);

/* P(W+ <= rank_sum) of the Wilcoxon signed-rank statistic of `count` values. */
double statistics_signed_rank(size_t count, size_t rank_sum);

/*
 * Holm's step-down procedure: which of the hypotheses with these P values are rejected at
 * a family-wise error of `level` (S. Holm, "A simple sequentially rejective multiple test
 * procedure", Scand. J. Statistics 6, 1979). NAN is no hypothesis.
 */
void statistics_holm(const double *p_values, size_t count, double level, bool *rejected);

#endif
