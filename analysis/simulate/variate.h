/*
 * variate.h - a random time: of a step, of a client's thinking. Zero-initialised it is
 * always 0.
 */
#ifndef ANALYSIS_SIMULATE_VARIATE_H
#define ANALYSIS_SIMULATE_VARIATE_H

#include <stdbool.h>

#include "base/random.h"

enum variate_kind {
    VARIATE_FIXED,       /* always ns */
    VARIATE_EXPONENTIAL, /* with the mean ns */
    VARIATE_TWO_POINT,   /* other_ns with probability other_share, else ns */
};

struct variate {
    enum variate_kind kind;
    double ns;
    double other_ns, other_share; /* of two points */
};

static inline struct variate variate_fixed(double ns)
{
    return (struct variate){.kind = VARIATE_FIXED, .ns = ns};
}

static inline struct variate variate_exponential(double mean_ns)
{
    return (struct variate){.kind = VARIATE_EXPONENTIAL, .ns = mean_ns};
}

static inline struct variate variate_two_point(double ns, double other_ns,
                                               double other_share)
{
    return (struct variate){VARIATE_TWO_POINT, ns, other_ns, other_share};
}

/* Whether its times are finite and not negative, and its share is one. */
bool variate_is_valid(const struct variate *variate);

double variate_mean_ns(const struct variate *variate);

/* A fixed time takes nothing from the generator. */
double variate_draw_ns(const struct variate *variate, struct random *random);

#endif
