/* statistics.c - see statistics.h. */
#include "analysis/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/order_statistics.h"
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

struct interval statistics_median_interval(const double *values, size_t count)
{
    struct order_ranks ranks = order_ranks(count, 0.5, 0.025);
    if (ranks.low == 0)
        return (struct interval){0};
    double *sorted = sorted_copy(values, count);
    struct interval interval = {true, sorted[ranks.low - 1], sorted[ranks.high - 1],
                                ranks.confidence};
    free(sorted);
    return interval;
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
 * ones: the share of subsets with each sum, built up rank by rank; to be freed.
 */
static double *signed_rank_chances(size_t count)
{
    size_t most = count * (count + 1) / 2;
    double *chances = memory_allocate_zeroed(most + 1, sizeof *chances);
    chances[0] = 1;
    for (size_t rank = 1; rank <= count; rank++)
        for (size_t sum = most + 1; sum-- > 0;)
            chances[sum] = (chances[sum] + (sum >= rank ? chances[sum - rank] : 0)) / 2;
    return chances;
}

double statistics_signed_rank(size_t count, size_t rank_sum)
{
    double *chances = signed_rank_chances(count), below = 0;
    for (size_t sum = 0; sum <= rank_sum && sum <= count * (count + 1) / 2; sum++)
        below += chances[sum];
    free(chances);
    return below;
}

struct interval statistics_wilcoxon_interval(const double *values, size_t count,
                                             double confidence)
{
    /* The rank is the largest with P(W+ <= rank - 1) <= tail. */
    double *chances = signed_rank_chances(count);
    double tail = (1 - confidence) / 2, below = 0;
    size_t rank = 0;
    while (rank < count * (count + 1) / 4 && below + chances[rank] <= tail)
        below += chances[rank++];
    free(chances);
    if (rank == 0)
        return (struct interval){0};
    size_t walsh_count;
    double *averages = walsh_averages(values, count, &walsh_count);
    struct interval interval = {true, averages[rank - 1], averages[walsh_count - rank],
                                1 - 2 * below};
    free(averages);
    return interval;
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
