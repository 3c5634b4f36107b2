/*
 * order_statistics.h - intervals of quantiles without any assumption about the
 * distribution: how many of n independent values lie below its q-quantile is binomial, so
 * that two of the sorted values enclose the quantile with a confidence that is known
 * (W. J. Conover, "Practical nonparametric statistics", 1999, section 3.2; H. A. David
 * and H. N. Nagaraja, "Order statistics", 2003, section 7.1).
 *
 * Latencies that followed on one another in a queue are not independent: of those the
 * interval within one trial is too narrow, and the spread over trials counts.
 */
#ifndef ANALYSIS_ORDER_STATISTICS_H
#define ANALYSIS_ORDER_STATISTICS_H

#include "analysis/interval.h"
#include "base/histogram.h"

/*
 * Ranks, counted from 1, of the values that enclose the quantile: `low` is the largest l
 * with P(Bin(count, fraction) <= l - 1) <= tail, `high` the smallest u with
 * P(Bin(count, fraction) >= u) <= tail. 0 where there is none: `high` exists from
 * histogram_samples_needed(fraction) values on, where the tail is 0.025.
 */
struct order_ranks {
    uint64_t low, high;
    double confidence; /* achieved by both; 0 where one of them is 0 */
};
struct order_ranks order_ranks(uint64_t count, double fraction, double tail);

/* The interval of a quantile of what the histogram counts, nominally 95 %. */
struct interval order_histogram_interval(const struct histogram *histogram,
                                         double fraction);

#endif
