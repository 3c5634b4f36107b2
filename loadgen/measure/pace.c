/* pace.c - see pace.h. */
#include "loadgen/measure/pace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/sequence.h"
#include "base/text.h"
#include "workload/workload.h"

/*
 * The significance level: each test rejects a true hypothesis in one of 10,000 runs,
 * because there are many runs and a false warning costs one. With 1,000 gaps the tests
 * still see a departure of a few percent.
 */
#define LEVEL      1e-4
#define LEVEL_Z    3.891 /* its two-sided limit in the normal distribution */
#define LEAST_GAPS 50

/* A send takes some microseconds and sends cannot overlap, so that no generator has
 * exponential gaps between closer arrivals. Its lag is checked then, and the gaps are
 * not.
 */
#define LEAST_MEAN_NS (50.0 * NS_PER_US)

/* Constant gaps may differ from the mean by the larger of these two. */
#define UNEVEN_NS    (100.0 * NS_PER_US)
#define UNEVEN_SHARE 0.1

void pace_init(struct pace *pace, int arrivals, double mean_ns)
{
    *pace = (struct pace){.arrivals = arrivals, .mean_ns = mean_ns};
    pairs_init(&pace->gaps);
}

void pace_release(struct pace *pace)
{
    pairs_release(&pace->gaps);
}

static double deviation_p99(const struct pace *pace)
{
    size_t count = pace->gaps.count;
    double *deviations = memory_allocate(count * sizeof *deviations);
    for (size_t i = 0; i < count; i++)
        deviations[i] = fabs(pace->gaps.first[i] - 1) * pace->mean_ns;
    qsort(deviations, count, sizeof *deviations, compare_doubles);
    double p99 = deviations[(size_t)ceil(0.99 * (double)count) - 1];
    free(deviations);
    return p99;
}

struct pace_report pace_judge(const struct pace *pace)
{
    const struct pairs *gaps = &pace->gaps;
    struct pace_report report = {
        .anderson_darling = NAN, .p_value = NAN, .lag1 = NAN, .deviation_p99_ns = NAN};
    if (gaps->count < LEAST_GAPS)
        return report;
    bool judge = pace->mean_ns >= LEAST_MEAN_NS;
    if (pace->arrivals == ARRIVALS_CONSTANT) {
        report.deviation_p99_ns = deviation_p99(pace);
        double limit_ns = fmax(UNEVEN_NS, UNEVEN_SHARE * pace->mean_ns);
        report.uneven = judge && report.deviation_p99_ns > limit_ns;
        return report;
    }
    report.anderson_darling = sequence_anderson_darling(gaps->first, gaps->count, 1);
    report.p_value = sequence_anderson_darling_p(report.anderson_darling, gaps->count);
    report.lag1 = sequence_correlation(gaps->first, gaps->second, gaps->count);
    report.not_exponential = judge && report.p_value < LEVEL;
    report.correlated = judge && fabs(report.lag1) > LEVEL_Z / sqrt((double)gaps->count);
    return report;
}
