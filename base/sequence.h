/*
 * sequence.h - statistical tests of a sequence of numbers: is it exponential
 * (Anderson-Darling), correlated with its own past, drifting (Mann-Kendall, Theil-Sen),
 * settled (MSER)? The generator judges the gaps between its sends with them, and a
 * measurement whether it was steady.
 *
 * Pure, thread-safe functions over arrays of doubles; the inputs are never changed. A
 * figure that the data cannot carry is NaN. Running out of memory aborts.
 */
#ifndef BASE_SEQUENCE_H
#define BASE_SEQUENCE_H

#include <stddef.h>

/*
 * The Anderson-Darling statistic A^2 of `values` against the exponential distribution
 * with this mean, which is known and not estimated from the values ("case 0": all
 * parameters known; M. A. Stephens, "EDF statistics for goodness of fit", JASA 69,
 * 1974). NaN below 2 values.
 */
double sequence_anderson_darling(const double *values, size_t count, double mean);

/*
 * P(A^2 > statistic) where the hypothesis is true: the limit distribution and the
 * correction for the sample size of G. Marsaglia and J. Marsaglia, "Evaluating the
 * Anderson-Darling distribution", J. Stat. Software 9(2), 2004; good to 3e-5.
 * The familiar limits: 2.492 (5 %), 3.857 (1 %), 5.97 (0.1 %), 8 (0.01 %).
 */
double sequence_anderson_darling_p(double statistic, size_t count);

/* Pearson's correlation of pairs; NaN where either side does not vary. */
double sequence_correlation(const double *x, const double *y, size_t count);

/* Spearman's correlation: Pearson's of the ranks, averaged where values are equal. */
double sequence_rank_correlation(const double *x, const double *y, size_t count);

/*
 * The Z of the Mann-Kendall test for a trend, corrected for ties and continuity
 * (R. O. Gilbert, "Statistical methods for environmental pollution monitoring", 1987,
 * section 16.4). |Z| > 2.576: a trend at the level of 1 %. NaN below 3 values.
 */
double sequence_mann_kendall_z(const double *values, size_t count);

/*
 * P value of that test, two-sided: exact by counting orders where no two values are equal
 * and there are at most SEQUENCE_EXACT_MOST of them, as far as tables go (M. G. Kendall,
 * "Rank correlation methods", 1970, chapter 5; Gilbert, table A18), else 2 (1 -
 * Phi(|Z|)).
 */
#define SEQUENCE_EXACT_MOST 40
double sequence_mann_kendall_p(const double *values, size_t count);

/*
 * The Theil-Sen slope per step: the median of (z_j - z_i) / (j - i) over all i < j, with
 * the interval at 95 % that goes with the Mann-Kendall test (P. K. Sen, "Estimates of the
 * regression coefficient based on Kendall's tau", JASA 63, 1968; Gilbert,
 * section 16.5.2). low and high are NaN where there are too few values for one. All of
 * these slopes are kept at a time: meant for hundreds of values, not for millions.
 */
struct sequence_slope {
    double median, low, high;
};
struct sequence_slope sequence_theil_sen(const double *values, size_t count);

/*
 * MSER: how many values to leave out at the beginning so that the mean of the rest is
 * known best: the d <= count / 2 with the least sum of squares over (count - d)^2
 * (K. P. White, "An effective truncation heuristic for bias reduction in simulation
 * output", Simulation 69, 1997). The smallest such d. Of means of batches of m it is
 * MSER-m: five single observations make a batch in MSER-5 (K. P. White, M. J. Cobb, S. C.
 * Spratt, "A comparison of five steady-state truncation heuristics", Winter Simulation
 * Conf., 2000); here a batch is what came within an interval of time.
 */
size_t sequence_mser(const double *values, size_t count);

#endif
