/* ratio.c - see ratio.h. */
#include "analysis/ratio.h"

#include <stdlib.h>

#include "analysis/probability.h"
#include "analysis/statistics.h"
#include "base/text.h"

struct log_ratio log_ratio_of(const double *logs, size_t count)
{
    return (struct log_ratio){
        .mean = statistics_mean(logs, count),
        .error = statistics_stddev(logs, count) / sqrt((double)count),
        .degrees = (double)count - 1,
    };
}

struct log_ratio log_ratio_difference(const struct log_ratio *a,
                                      const struct log_ratio *b)
{
    double of_a = a->error * a->error, of_b = b->error * b->error, both = of_a + of_b;
    return (struct log_ratio){
        .mean = a->mean - b->mean,
        .error = sqrt(both),
        .degrees =
            both > 0 ? both * both / (of_a * of_a / a->degrees + of_b * of_b / b->degrees)
                     : a->degrees + b->degrees,
    };
}

struct interval log_ratio_interval(const struct log_ratio *estimate, double confidence)
{
    if (isnan(estimate->error))
        return (struct interval){0};
    double half =
        probability_t_quantile((1 + confidence) / 2, estimate->degrees) * estimate->error;
    return interval_exp((struct interval){true, estimate->mean - half,
                                          estimate->mean + half, confidence});
}

/* P value of the test that the expectation of what was seen as `distance` is above 0. */
static double tail_of(const struct log_ratio *estimate, double distance)
{
    if (isnan(estimate->error) || isnan(distance))
        return NAN;
    if (isinf(distance) || !(estimate->error > 0))
        return distance > 0 ? 0 : 1;
    return probability_t(-distance / estimate->error, estimate->degrees);
}

double log_ratio_above(const struct log_ratio *estimate, double margin)
{
    return tail_of(estimate, estimate->mean - log(margin));
}

double log_ratio_below(const struct log_ratio *estimate, double margin)
{
    return tail_of(estimate, log(margin) - estimate->mean);
}

struct ratio ratio_of_pairs(const double *a, const double *b, size_t count,
                            double confidence)
{
    double *logs = memory_allocate((count + 1) * sizeof *logs);
    struct ratio ratio = {.hodges_lehmann = NAN};
    for (size_t i = 0; i < count; i++)
        if (a[i] > 0 && b[i] > 0)
            logs[ratio.pairs++] = log(a[i] / b[i]);
    ratio.log = log_ratio_of(logs, ratio.pairs);
    ratio.value = exp(ratio.log.mean);
    if (ratio.pairs > 0)
        ratio.hodges_lehmann = exp(statistics_hodges_lehmann(logs, ratio.pairs));
    ratio.t = log_ratio_interval(&ratio.log, confidence);
    ratio.wilcoxon =
        interval_exp(statistics_wilcoxon_interval(logs, ratio.pairs, confidence));
    ratio.disagree = ratio.t.exists && ratio.wilcoxon.exists &&
                     interval_holds(&ratio.t, 1) != interval_holds(&ratio.wilcoxon, 1);
    free(logs);
    return ratio;
}
