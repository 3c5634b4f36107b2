/* variate.c - see variate.h. */
#include "analysis/simulate/variate.h"

#include <math.h>

static bool is_time(double ns)
{
    return isfinite(ns) && ns >= 0;
}

bool variate_is_valid(const struct variate *variate)
{
    return is_time(variate->ns) && is_time(variate->other_ns) &&
           variate->other_share >= 0 && variate->other_share <= 1;
}

double variate_mean_ns(const struct variate *variate)
{
    return variate->kind == VARIATE_TWO_POINT
               ? variate->ns + variate->other_share * (variate->other_ns - variate->ns)
               : variate->ns;
}

double variate_draw_ns(const struct variate *variate, struct random *random)
{
    switch (variate->kind) {
    case VARIATE_EXPONENTIAL:
        return random_exponential(random, variate->ns);
    case VARIATE_TWO_POINT:
        return random_unit(random) < variate->other_share ? variate->other_ns
                                                          : variate->ns;
    case VARIATE_FIXED:
        break;
    }
    return variate->ns;
}
