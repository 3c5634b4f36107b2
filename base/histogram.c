/* histogram.c - see histogram.h. */
#include "base/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "base/text.h"

#define HALF (1UL << HISTOGRAM_HALF_BITS)

void histogram_init(struct histogram *histogram)
{
    histogram->counts = memory_allocate_zeroed(HISTOGRAM_BUCKETS, sizeof(uint64_t));
    histogram_reset(histogram);
}

void histogram_release(struct histogram *histogram)
{
    free(histogram->counts);
    histogram->counts = NULL;
}

void histogram_reset(struct histogram *histogram)
{
    memset(histogram->counts, 0, HISTOGRAM_BUCKETS * sizeof(uint64_t));
    histogram->count = 0;
    histogram->min_ns = UINT64_MAX;
    histogram->max_ns = 0;
    histogram->mean_ns = 0;
    histogram->squares = 0;
}

uint32_t histogram_bucket(uint64_t ns)
{
    if (ns > HISTOGRAM_MAX_NS)
        ns = HISTOGRAM_MAX_NS;
    if (ns < 2 * HALF)
        return (uint32_t)ns;
    /* Shift so that 1,024 <= value < 2,048; each octave above adds 1,024 buckets. */
    uint32_t shift = 63U - (uint32_t)__builtin_clzll(ns) - HISTOGRAM_HALF_BITS;
    return (shift << HISTOGRAM_HALF_BITS) + (uint32_t)(ns >> shift);
}

uint64_t histogram_bucket_low(uint32_t bucket)
{
    if (bucket < 2 * HALF)
        return bucket;
    uint32_t shift = (bucket >> HISTOGRAM_HALF_BITS) - 1;
    return (uint64_t)(bucket - (shift << HISTOGRAM_HALF_BITS)) << shift;
}

uint64_t histogram_bucket_high(uint32_t bucket)
{
    return histogram_bucket_low(bucket + 1) - 1;
}

void histogram_record(struct histogram *histogram, uint64_t ns)
{
    histogram->counts[histogram_bucket(ns)]++;
    histogram->count++;
    if (ns < histogram->min_ns)
        histogram->min_ns = ns;
    if (ns > histogram->max_ns)
        histogram->max_ns = ns;
    double distance = (double)ns - histogram->mean_ns;
    histogram->mean_ns += distance / (double)histogram->count;
    histogram->squares += distance * ((double)ns - histogram->mean_ns);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (!from->count)
        return;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->counts[i] += from->counts[i];
    double a = (double)into->count, b = (double)from->count;
    double distance = from->mean_ns - into->mean_ns;
    into->squares += from->squares + distance * distance * a * b / (a + b);
    into->mean_ns += distance * b / (a + b);
    into->count += from->count;
    if (from->min_ns < into->min_ns)
        into->min_ns = from->min_ns;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
}

uint64_t histogram_value_of_rank(const struct histogram *histogram, uint64_t rank)
{
    if (!histogram->count)
        return 0;
    if (rank < 1)
        return histogram->min_ns;
    uint64_t seen = 0;
    for (uint32_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= rank)
            return least_of(histogram_bucket_high(i), histogram->max_ns);
    }
    return histogram->max_ns;
}

uint64_t histogram_quantile(const struct histogram *histogram, double fraction)
{
    /* Without the small term rounding could turn 0.99 x 100 into the 100th of 100. */
    double exact = fraction * (double)histogram->count;
    return histogram_value_of_rank(histogram, (uint64_t)ceil(exact - 1e-9 * exact));
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->mean_ns;
}

double histogram_stddev(const struct histogram *histogram)
{
    return histogram->count ? sqrt(histogram->squares / (double)histogram->count) : 0;
}

uint64_t histogram_samples_needed(double fraction)
{
    if (fraction <= 0 || fraction >= 1)
        return 1;
    return (uint64_t)ceil(log(0.025) / log(fraction));
}

/* How many values lie in the bucket of `ns` or below it. */
static uint64_t count_up_to(const struct histogram *histogram, uint64_t ns)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i <= histogram_bucket(ns); i++)
        seen += histogram->counts[i];
    return seen;
}

void histogram_write_hgrm(const struct histogram *histogram, FILE *file, double unit_ns)
{
    fprintf(file, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    /* As HdrHistogram does: five steps for each halving of what lies beyond. */
    double fraction = 0;
    for (int step = 0; histogram->count; step++) {
        uint64_t value = histogram_quantile(histogram, fraction);
        uint64_t up_to = count_up_to(histogram, value);
        if (up_to == histogram->count)
            break;
        fprintf(file, "%12.3f %2.12f %10llu %14.2f\n", (double)value / unit_ns, fraction,
                (unsigned long long)up_to, 1 / (1 - fraction));
        int halving = step / 5;
        fraction += pow(0.5, halving + 1) / 5;
    }
    if (histogram->count)
        fprintf(file, "%12.3f %2.12f %10llu\n", (double)histogram->max_ns / unit_ns, 1.0,
                (unsigned long long)histogram->count);
    fprintf(file, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
            histogram_mean(histogram) / unit_ns, histogram_stddev(histogram) / unit_ns);
    fprintf(file, "#[Max     = %12.3f, Total count    = %12llu]\n",
            (double)histogram->max_ns / unit_ns, (unsigned long long)histogram->count);
    fprintf(file, "#[Buckets = %12d, SubBuckets     = %12d]\n", HISTOGRAM_OCTAVES,
            2 * (int)HALF);
}
