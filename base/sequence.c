/* sequence.c - see sequence.h. */
#include "base/sequence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "base/text.h"

/* ---- Anderson-Darling -------------------------------------------------------------- */

double sequence_anderson_darling(const double *values, size_t count, double mean)
{
    if (count < 2 || !(mean > 0))
        return NAN;
    double *sorted = memory_allocate(count * sizeof *sorted);
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    /* For the exponential distribution ln(1 - F(x)) is exactly -x / mean, however large x
     * is. A value of 0 (two sends at one reading of the clock) has no logarithm: it
     * counts as one millionth of the mean. */
    double sum = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        double low = fmax(sorted[i] / mean, 1e-6), high = sorted[count - 1 - i] / mean;
        sum += (2 * (double)i + 1) * (log(-expm1(-low)) - high);
    }
    free(sorted);
    return -n - sum / n;
}

/* The limit distribution of A^2. */
static double limit_distribution(double z)
{
    if (z < 2)
        return exp(-1.2337141 / z) / sqrt(z) *
               (2.00012 +
                (.247105 -
                 (.0649821 - (.0347962 - (.0116720 - .00168691 * z) * z) * z) * z) *
                    z);
    return exp(-exp(
        1.0776 -
        (2.30695 - (.43424 - (.082433 - (.008056 - .0003146 * z) * z) * z) * z) * z));
}

/* The correction for samples of n values, x being the limit distribution at A^2. */
static double finite_correction(double x, double n)
{
    if (x > .8)
        return (-130.2137 +
                (745.2337 -
                 (1705.091 - (1950.646 - (1116.360 - 255.7844 * x) * x) * x) * x) *
                    x) /
               n;
    double c = .01265 + .1757 / n;
    if (x < c) {
        double t = x / c;
        return sqrt(t) * (1 - t) * (49 * t - 102) *
               (.0037 / (n * n) + .00078 / n + .00006) / n;
    }
    double t = (x - c) / (.8 - c);
    t = -.00022633 +
        (6.54034 - (14.6538 - (14.458 - (8.259 - 1.91864 * t) * t) * t) * t) * t;
    return t * (.04213 + .01365 / n) / n;
}

double sequence_anderson_darling_p(double statistic, size_t count)
{
    if (isnan(statistic) || count < 2)
        return NAN;
    if (statistic <= 0)
        return 1;
    /* Far out the polynomial rises again; at 10 the probability is about 1e-5. */
    if (statistic > 10)
        return 0;
    double x = limit_distribution(statistic);
    double p = 1 - (x + finite_correction(x, (double)count));
    return fmin(fmax(p, 0), 1);
}

/* ---- correlation ------------------------------------------------------------------- */

double sequence_correlation(const double *x, const double *y, size_t count)
{
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < count; i++) {
        mean_x += x[i] / (double)count;
        mean_y += y[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
}

struct ranked {
    double value;
    size_t position;
};

static int compare_ranked(const void *a, const void *b)
{
    return compare_doubles(&((const struct ranked *)a)->value,
                           &((const struct ranked *)b)->value);
}

/* The rank of each value, counted from 0; to be freed. */
static double *ranks_of(const double *values, size_t count)
{
    struct ranked *sorted = memory_allocate((count + 1) * sizeof *sorted);
    double *ranks = memory_allocate((count + 1) * sizeof *ranks);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct ranked){values[i], i};
    qsort(sorted, count, sizeof *sorted, compare_ranked);
    for (size_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && !(sorted[end].value > sorted[first].value))
            end++;
        for (size_t i = first; i < end; i++)
            ranks[sorted[i].position] = (double)(first + end - 1) / 2;
    }
    free(sorted);
    return ranks;
}

double sequence_rank_correlation(const double *x, const double *y, size_t count)
{
    double *ranks_x = ranks_of(x, count), *ranks_y = ranks_of(y, count);
    double correlation = sequence_correlation(ranks_x, ranks_y, count);
    free(ranks_x);
    free(ranks_y);
    return correlation;
}

/* ---- trend ------------------------------------------------------------------------- */

#define NORMAL_975 1.959963984540054 /* quantile of the normal distribution */

/* By how much groups of equal values lessen the variance of S, times 18. */
static double ties_term(const double *values, size_t count)
{
    double *sorted = memory_allocate(count * sizeof *sorted), term = 0;
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    for (size_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && !(sorted[end] > sorted[first]))
            end++;
        double t = (double)(end - first);
        term += t * (t - 1) * (2 * t + 5);
    }
    free(sorted);
    return term;
}

/* Mann's S: how many pairs rise, less how many fall. */
static double mann_kendall_s(const double *values, size_t count)
{
    double s = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            s += (double)((values[j] > values[i]) - (values[j] < values[i]));
    return s;
}

/* The variance of S without a trend. */
static double mann_kendall_variance(const double *values, size_t count)
{
    double n = (double)count;
    return (n * (n - 1) * (2 * n + 5) - ties_term(values, count)) / 18;
}

double sequence_mann_kendall_z(const double *values, size_t count)
{
    if (count < 3)
        return NAN;
    double s = mann_kendall_s(values, count);
    double variance = mann_kendall_variance(values, count);
    if (!(variance > 0) || fabs(s) < 1)
        return 0;
    return (s > 0 ? s - 1 : s + 1) / sqrt(variance);
}

/*
 * P(at most `most` pairs fall) where each order of n different values is as likely: in an
 * order of k values the k-th has 0 .. k - 1 larger ones before it, each as likely, so
 * that the distribution for k is that for k - 1, averaged over a window of k.
 */
static double inversions_at_most(size_t count, size_t most)
{
    size_t pairs = count * (count - 1) / 2;
    double *chances = memory_allocate_zeroed(pairs + 1, sizeof *chances);
    double *before = memory_allocate_zeroed(pairs + 1, sizeof *before);
    chances[0] = 1;
    for (size_t k = 2; k <= count; k++) {
        memcpy(before, chances, (pairs + 1) * sizeof *before);
        double window = 0;
        for (size_t i = 0; i <= pairs; i++) {
            window += before[i] - (i >= k ? before[i - k] : 0);
            chances[i] = window / (double)k;
        }
    }
    double sum = 0;
    for (size_t i = 0; i <= most && i <= pairs; i++)
        sum += chances[i];
    free(before);
    free(chances);
    return sum;
}

double sequence_mann_kendall_p(const double *values, size_t count)
{
    if (count < 3)
        return NAN;
    if (count > SEQUENCE_EXACT_MOST || ties_term(values, count) > 0)
        return erfc(fabs(sequence_mann_kendall_z(values, count)) / sqrt(2));
    double pairs = (double)count * (double)(count - 1) / 2;
    double fewer = (pairs - fabs(mann_kendall_s(values, count))) / 2;
    return fmin(2 * inversions_at_most(count, (size_t)fewer), 1);
}

struct sequence_slope sequence_theil_sen(const double *values, size_t count)
{
    struct sequence_slope slope = {NAN, NAN, NAN};
    if (count < 2)
        return slope;
    size_t slopes_count = count * (count - 1) / 2, filled = 0;
    double *slopes = memory_allocate(slopes_count * sizeof *slopes);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            slopes[filled++] = (values[j] - values[i]) / (double)(j - i);
    qsort(slopes, slopes_count, sizeof *slopes, compare_doubles);
    size_t half = slopes_count / 2;
    slope.median =
        slopes_count % 2 ? slopes[half] : (slopes[half - 1] + slopes[half]) / 2;
    /* As many slopes beyond each limit as S leaves at the level of 5 %. */
    double spread = NORMAL_975 * sqrt(fmax(mann_kendall_variance(values, count), 0));
    double beyond = round(((double)slopes_count - spread) / 2);
    if (beyond >= 1) {
        slope.low = slopes[(size_t)beyond - 1];
        slope.high = slopes[slopes_count - (size_t)beyond];
    }
    free(slopes);
    return slope;
}

/* ---- settling ---------------------------------------------------------------------- */

size_t sequence_mser(const double *values, size_t count)
{
    /* Welford's update, from the end: each mean and sum of squares follows from the one
     * before it. */
    double mean = 0, squares = 0, least = INFINITY;
    size_t best = 0;
    for (size_t kept = 1; kept <= count; kept++) {
        double value = values[count - kept], distance = value - mean;
        mean += distance / (double)kept;
        squares += distance * (value - mean);
        size_t cut = count - kept;
        double error = squares / ((double)kept * (double)kept);
        if (cut <= count / 2 && error <= least) {
            least = error;
            best = cut;
        }
    }
    return best;
}
