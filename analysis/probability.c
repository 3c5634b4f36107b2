/* probability.c - see probability.h. */
#include "analysis/probability.h"

#include <math.h>

#define FRACTION_MOST 100000

/*
 * Continued fraction of the incomplete beta function by Lentz's method (W. Press et
 * al., Numerical Recipes, section 6.4); converges for x < (a + 1) / (a + b + 2), after
 * some sqrt(max(a, b)) terms.
 */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double fraction = d;
    for (int m = 1; m <= FRACTION_MOST; m++) {
        for (int odd = 0; odd <= 1; odd++) {
            double term =
                odd ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                    : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            fraction *= c * d;
        }
        if (fabs(c * d - 1) < 1e-15)
            break;
    }
    return fraction;
}

/* The regularised incomplete beta function I_x(a, b). */
static double beta_regularised(double a, double b, double x)
{
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    double front =
        exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double probability_t(double t, double degrees)
{
    double beyond = beta_regularised(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
    return t >= 0 ? 1 - beyond : beyond;
}

double probability_t_quantile(double probability, double degrees)
{
    if (probability < 0.5)
        return -probability_t_quantile(1 - probability, degrees);
    double low = 0, high = 1;
    while (probability_t(high, degrees) < probability && high < 1e12)
        high *= 2;
    for (int i = 0; i < 200 && high - low > 1e-12 * high; i++) {
        double middle = (low + high) / 2;
        if (probability_t(middle, degrees) < probability)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

double probability_binomial(uint64_t successes, uint64_t trials, double chance)
{
    if (successes >= trials)
        return 1;
    return beta_regularised((double)(trials - successes), (double)successes + 1,
                            1 - chance);
}
