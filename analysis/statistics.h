/*
 * statistics.h - what may be concluded from a handful of trials: medians with
 * order-statistic intervals, ratios of paired trials with t intervals, and the
 * distribution-free cross-check of those (docs/method.md, "From trials to figures").
 *
 * Pure functions over arrays of doubles; the inputs are never changed. An interval
 * that the data cannot carry has `exists` false: no interval is better than a wrong
 * one.
 */
#ifndef ANALYSIS_STATISTICS_H
#define ANALYSIS_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

struct interval {
    bool exists;
    double low, high;
    double confidence; /* achieved, 0..1: at least the nominal one */
};

double statistics_mean(const double *values, size_t count);

/* Sample standard deviation (divisor n - 1); NaN below two values. */
double statistics_stddev(const double *values, size_t count);

/* The middle value, or the mean of the two middle ones; NaN of nothing. */
double statistics_median(const double *values, size_t count);

/*
 * Rank l (counted from 1) such that the values of rank l and count + 1 - l enclose
 * the median with confidence of at least 1 - 2 * tail: the largest l with
 * P(Bin(count, 1/2) <= l - 1) <= tail. 0 where there is none (count <= 5 at 0.025).
 * *confidence is the achieved one.
 */
size_t statistics_median_rank(size_t count, double tail, double *confidence);

/* The interval of the median by those ranks, nominally 95 %. */
struct interval statistics_median_interval(const double *values, size_t count);

/* P(X <= successes) for X ~ Bin(trials, 1/2). */
double statistics_binomial_half(size_t trials, size_t successes);

/* The t with P(T <= t) = probability, T of Student's distribution. */
double statistics_t_quantile(double probability, double degrees);

/*
 * The ratio a/b of paired trials, from the logarithms d_i = ln(a_i / b_i):
 * exp(mean d), with the t interval at `confidence` (at least 2 pairs), and the
 * distribution-free Hodges-Lehmann estimate with the exact Wilcoxon interval.
 * Pairs in which either value is not above 0 do not count.
 */
struct ratio {
    size_t pairs;
    double value;             /* exp(mean d); NaN without pairs */
    struct interval t;        /* of value */
    double hodges_lehmann;    /* exp(median of the Walsh averages of d) */
    struct interval wilcoxon; /* of hodges_lehmann */
    bool disagree;            /* one interval excludes 1, the other does not */
};
struct ratio statistics_ratio(const double *a, const double *b, size_t count,
                              double confidence);

/*
 * P value of the one-sided t test against "the true ratio is at most `margin`", from the
 * paired logarithms: small where it is shown to be above. 1 minus it is that of the test
 * against "at least". NAN below 2 pairs.
 */
double statistics_ratio_tail(const struct ratio *ratio, double margin);

/*
 * Holm's step-down procedure: which of the hypotheses with these P values are rejected at
 * a family-wise error of `level`. NAN is no hypothesis.
 */
void statistics_holm(const double *p_values, size_t count, double level, bool *rejected);

/* Median of all averages (x_i + x_j) / 2, i <= j. */
double statistics_hodges_lehmann(const double *values, size_t count);

/* Interval of the pseudo-median by the exact signed-rank distribution. */
struct interval statistics_wilcoxon_interval(const double *values, size_t count,
                                             double confidence);

/* P(W+ <= rank_sum) of the Wilcoxon signed-rank statistic of `count` values. */
double statistics_signed_rank(size_t count, size_t rank_sum);

#endif
