/*
 * probability.h - the distributions that tests and intervals are read from: Student's t
 * and the binomial, both through the incomplete beta function.
 */
#ifndef ANALYSIS_PROBABILITY_H
#define ANALYSIS_PROBABILITY_H

#include <stdint.h>

/* P(T <= t), T of Student's distribution; degrees of freedom need not be whole. */
double probability_t(double t, double degrees);

/* The t with P(T <= t) = probability. */
double probability_t_quantile(double probability, double degrees);

/* P(X <= successes), X of Bin(trials, chance). */
double probability_binomial(uint64_t successes, uint64_t trials, double chance);

#endif
