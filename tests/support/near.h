/* near.h - expectations of floating-point numbers. */
#ifndef TESTS_SUPPORT_NEAR_H
#define TESTS_SUPPORT_NEAR_H

#include "tests/test.h"

#include <math.h>

static inline void expect_near(double got, double expected, double within)
{
    if (!(fabs(got - expected) <= within))
        fail_msg("%.9g is not %.9g within %.2g", got, expected, within);
}

/* Six digits; infinite ones are the same. */
static inline void expect_digits(double got, double expected)
{
    if (got < expected || got > expected || isnan(got))
        expect_near(got, expected, 1e-6 * fabs(expected));
}

#endif
