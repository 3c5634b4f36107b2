/* statistics.c - see statistics.h. */
#include "analysis/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "base/text.h"

/* A sorted copy, to be freed. */
static double *sorted_copy(const double *values, size_t count)
{
    double *copy = memory_allocate((count + 1) * sizeof *copy);
    if (count > 0)
        memcpy(copy, values, count * sizeof *copy);
    qsort(copy, count, sizeof *copy, compare_doubles);
    return copy;
}

static double middle_of(const double *sorted, size_t count)
{
    if (count == 0)
        return NAN;
    size_t half = count / 2;
    return count % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

double statistics_mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return count > 0 ? sum / (double)count : (double)NAN;
}

double statistics_stddev(const double *values, size_t count)
{
    if (count < 2)
        return NAN;
    double mean = statistics_mean(values, count), squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(count - 1));
}

double statistics_median(const double *values, size_t count)
{
    double *sorted = sorted_copy(values, count);
    double median = middle_of(sorted, count);
    free(sorted);
    return median;
}

/* ---- the median's interval -------------------------------------------------------- */

double statistics_binomial_half(size_t trials, size_t successes)
{
    double sum = 0, n = (double)trials;
    for (size_t k = 0; k <= successes && k <= trials; k++) {
        double x = (double)k;
        sum += exp(lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1) - n * log(2));
    }
    return sum < 1 ? sum : 1;
}

size_t statistics_median_rank(size_t count, double tail, double *confidence)
{
    size_t rank = 0;
    while (rank + 1 <= (count + 1) / 2 && statistics_binomial_half(count, rank) <= tail)
        rank++;
    *confidence = rank ? 1 - 2 * statistics_binomial_half(count, rank - 1) : 0;
    return rank;
}

struct interval statistics_median_interval(const double *values, size_t count)
{
    struct interval interval = {0};
    size_t rank = statistics_median_rank(count, 0.025, &interval.confidence);
    if (rank == 0)
        return interval;
    double *sorted = sorted_copy(values, count);
    interval.exists = true;
    interval.low = sorted[rank - 1];
    interval.high = sorted[count - rank];
    free(sorted);
    return interval;
}

/* ---- Student's t ------------------------------------------------------------------ */

/*
 * Continued fraction of the incomplete beta function by Lentz's method (W. Press et
 * al., Numerical Recipes, section 6.4); converges fast for x < (a + 1) / (a + b + 2).
 */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double fraction = d;
    for (int m = 1; m <= 500; m++) {
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

/* P(T <= t) for t >= 0. */
static double t_cumulative(double t, double degrees)
{
    return 1 - beta_regularised(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
}

double statistics_t_quantile(double probability, double degrees)
{
    if (probability < 0.5)
        return -statistics_t_quantile(1 - probability, degrees);
    double low = 0, high = 1;
    while (t_cumulative(high, degrees) < probability && high < 1e12)
        high *= 2;
    for (int i = 0; i < 200 && high - low > 1e-12 * high; i++) {
        double middle = (low + high) / 2;
        if (t_cumulative(middle, degrees) < probability)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* ---- Wilcoxon and Hodges-Lehmann -------------------------------------------------- */

/* The count * (count + 1) / 2 averages of pairs, sorted; to be freed. */
static double *walsh_averages(const double *values, size_t count, size_t *walsh_count)
{
    double *averages = memory_allocate((count * (count + 1) / 2 + 1) * sizeof *averages);
    size_t filled = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i; j < count; j++)
            averages[filled++] = (values[i] + values[j]) / 2;
    qsort(averages, filled, sizeof *averages, compare_doubles);
    *walsh_count = filled;
    return averages;
}

double statistics_hodges_lehmann(const double *values, size_t count)
{
    size_t walsh_count;
    double *averages = walsh_averages(values, count, &walsh_count);
    double middle = middle_of(averages, walsh_count);
    free(averages);
    return middle;
}

/*
 * Under symmetry every subset of the ranks 1..n is equally likely to be the positive
 * ones; chances[s] builds up the share of subsets with sum s, rank by rank.
 */
double statistics_signed_rank(size_t count, size_t rank_sum)
{
    size_t most = count * (count + 1) / 2;
    double *chances = memory_allocate_zeroed(most + 1, sizeof *chances);
    chances[0] = 1;
    for (size_t rank = 1; rank <= count; rank++)
        for (size_t sum = most + 1; sum-- > 0;)
            chances[sum] = (chances[sum] + (sum >= rank ? chances[sum - rank] : 0)) / 2;
    double below = 0;
    for (size_t sum = 0; sum <= rank_sum && sum <= most; sum++)
        below += chances[sum];
    free(chances);
    return below;
}

struct interval statistics_wilcoxon_interval(const double *values, size_t count,
                                             double confidence)
{
    struct interval interval = {0};
    double tail = (1 - confidence) / 2;
    size_t rank = 0; /* the largest with P(W+ <= rank - 1) <= tail */
    while (rank < count * (count + 1) / 4 && statistics_signed_rank(count, rank) <= tail)
        rank++;
    if (rank == 0)
        return interval;
    size_t walsh_count;
    double *averages = walsh_averages(values, count, &walsh_count);
    interval.exists = true;
    interval.low = averages[rank - 1];
    interval.high = averages[walsh_count - rank];
    interval.confidence = 1 - 2 * statistics_signed_rank(count, rank - 1);
    free(averages);
    return interval;
}

/* ---- ratios ----------------------------------------------------------------------- */

static struct interval t_interval(const double *values, size_t count, double confidence)
{
    struct interval interval = {0};
    if (count < 2)
        return interval;
    double mean = statistics_mean(values, count);
    double t = statistics_t_quantile((1 + confidence) / 2, (double)(count - 1));
    double half = t * statistics_stddev(values, count) / sqrt((double)count);
    return (struct interval){true, mean - half, mean + half, confidence};
}

static void exponentiate(struct interval *interval)
{
    if (interval->exists) {
        interval->low = exp(interval->low);
        interval->high = exp(interval->high);
    }
}

static bool excludes_one(const struct interval *interval)
{
    return interval->low > 1 || interval->high < 1;
}

struct ratio statistics_ratio(const double *a, const double *b, size_t count,
                              double confidence)
{
    double *logs = memory_allocate((count + 1) * sizeof *logs);
    struct ratio ratio = {.value = NAN, .hodges_lehmann = NAN};
    for (size_t i = 0; i < count; i++)
        if (a[i] > 0 && b[i] > 0)
            logs[ratio.pairs++] = log(a[i] / b[i]);
    if (ratio.pairs > 0) {
        ratio.value = exp(statistics_mean(logs, ratio.pairs));
        ratio.hodges_lehmann = exp(statistics_hodges_lehmann(logs, ratio.pairs));
    }
    ratio.t = t_interval(logs, ratio.pairs, confidence);
    ratio.wilcoxon = statistics_wilcoxon_interval(logs, ratio.pairs, confidence);
    exponentiate(&ratio.t);
    exponentiate(&ratio.wilcoxon);
    ratio.disagree = ratio.t.exists && ratio.wilcoxon.exists &&
                     excludes_one(&ratio.t) != excludes_one(&ratio.wilcoxon);
    free(logs);
    return ratio;
}

double statistics_ratio_tail(const struct ratio *ratio, double margin)
{
    if (!ratio->t.exists)
        return NAN;
    double degrees = (double)ratio->pairs - 1;
    double half = (log(ratio->t.high) - log(ratio->t.low)) / 2;
    double quantile = statistics_t_quantile((1 + ratio->t.confidence) / 2, degrees);
    double distance = log(ratio->value) - log(margin);
    if (half <= 0)
        return distance > 0 ? 0 : 1;
    double t = distance / (half / quantile);
    return t >= 0 ? 1 - t_cumulative(t, degrees) : t_cumulative(-t, degrees);
}

/* ---- many tests at once ----------------------------------------------------------- */

void statistics_holm(const double *p_values, size_t count, double level, bool *rejected)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        rejected[i] = false;
        left += isnan(p_values[i]) ? 0 : 1;
    }
    for (; left > 0; left--) {
        size_t least = count;
        for (size_t i = 0; i < count; i++)
            if (!rejected[i] && !isnan(p_values[i]) &&
                (least == count || p_values[i] < p_values[least]))
                least = i;
        if (p_values[least] > level / (double)left)
            return;
        rejected[least] = true;
    }
}
