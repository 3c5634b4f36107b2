/* normal.h - numbers of the standard normal distribution, by Box and Muller. */
#ifndef TESTS_SUPPORT_NORMAL_H
#define TESTS_SUPPORT_NORMAL_H

#include <math.h>

#include "base/random.h"

static inline double random_normal(struct random *random)
{
    double radius = sqrt(random_exponential(random, 2));
    return radius * cos(2 * M_PI * random_unit(random));
}

#endif
