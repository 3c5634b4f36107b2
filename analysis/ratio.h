/*
 * ratio.h - the ratio of two contenders, on the scale of logarithms: there a ratio is a
 * difference, its distribution is nearly normal, and A/B is as good as B/A.
 *
 * One estimate, `struct log_ratio`, serves paired trials and independent samples, and
 * intervals and tests are read from it alone. Pure functions; the inputs are never
 * changed.
 */
#ifndef ANALYSIS_RATIO_H
#define ANALYSIS_RATIO_H

#include <stddef.h>

#include "analysis/interval.h"

/* An estimate of ln(a/b). */
struct log_ratio {
    double mean;    /* NAN without values */
    double error;   /* its standard error; NAN below two values */
    double degrees; /* of freedom of that */
};

/* Of values that are logarithms of ratios, one for each pair: Student's t. */
struct log_ratio log_ratio_of(const double *logs, size_t count);

/*
 * Of two that are independent, a - b, with variances of their own: Welch's t and
 * Satterthwaite's degrees of freedom (B. L. Welch, "The generalization of Student's
 * problem when several different population variances are involved", Biometrika 34,
 * 1947). Of the logarithms of two samples it is their ratio; of the ratios of one run and
 * of another it is by what factor they differ.
 */
struct log_ratio log_ratio_difference(const struct log_ratio *a,
                                      const struct log_ratio *b);

/* The interval of the ratio itself. */
struct interval log_ratio_interval(const struct log_ratio *estimate, double confidence);

/*
 * P values of the one-sided t tests that the true ratio is above `margin`, and that it is
 * below: small where that is shown. NAN where the standard error is not known.
 */
double log_ratio_above(const struct log_ratio *estimate, double margin);
double log_ratio_below(const struct log_ratio *estimate, double margin);

/*
 * The ratio a/b of paired trials, from the logarithms d_i = ln(a_i / b_i):
 * exp(mean d) with the t interval at `confidence`, and the distribution-free
 * Hodges-Lehmann estimate with the exact Wilcoxon interval.
 * Pairs in which either value is not above 0 do not count.
 */
struct ratio {
    size_t pairs;
    struct log_ratio log;
    double value;             /* exp(mean d); NaN without pairs */
    struct interval t;        /* of value */
    double hodges_lehmann;    /* exp(median of the Walsh averages of d) */
    struct interval wilcoxon; /* of hodges_lehmann */
    bool disagree;            /* one interval excludes 1, the other does not */
};
struct ratio ratio_of_pairs(const double *a, const double *b, size_t count,
                            double confidence);

#endif
