/* order_statistics.c - see order_statistics.h. */
#include "analysis/order_statistics.h"

#include "analysis/probability.h"

/* The smallest k with P(Bin(count, fraction) <= k) > chance. */
static uint64_t first_above(double chance, uint64_t count, double fraction)
{
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (probability_binomial(middle, count, fraction) > chance)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* From below the ranks count what P(Bin <= rank - 1) <= tail allows; from above they are
 * those of the mirrored quantile, counted from the other end. */
struct order_ranks order_ranks(uint64_t count, double fraction, double tail)
{
    struct order_ranks ranks = {.low = first_above(tail, count, fraction)};
    uint64_t from_above = first_above(tail, count, 1 - fraction);
    if (from_above > 0)
        ranks.high = count + 1 - from_above;
    if (ranks.low > 0 && ranks.high > 0)
        ranks.confidence = 1 - probability_binomial(ranks.low - 1, count, fraction) -
                           probability_binomial(from_above - 1, count, 1 - fraction);
    return ranks;
}

struct interval order_histogram_interval(const struct histogram *histogram,
                                         double fraction)
{
    struct order_ranks ranks = order_ranks(histogram->count, fraction, 0.025);
    if (ranks.low == 0 || ranks.high == 0)
        return (struct interval){0};
    uint64_t low = histogram_value_of_rank(histogram, ranks.low);
    uint64_t least = histogram_bucket_low(histogram_bucket(low));
    return (struct interval){
        .exists = true,
        .low = (double)(least > histogram->min_ns ? least : histogram->min_ns),
        .high = (double)histogram_value_of_rank(histogram, ranks.high),
        .confidence = ranks.confidence};
}
