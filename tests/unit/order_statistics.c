/* order_statistics.c - ranks that enclose a quantile. */
#include "analysis/order_statistics.h"

#include "base/random.h"
#include "tests/support/near.h"

/*
 * By search with scipy 1.10: the largest l with binom.cdf(l - 1, n, q) <= 0.025, the
 * smallest u with binom.cdf(u - 1, n, q) >= 0.975, and what is between.
 */
static void test_ranks(void **state)
{
    (void)state;
    static const struct {
        uint64_t count;
        double fraction;
        uint64_t low, high;
        double confidence;
    } known[] = {
        {5, 0.5, 0, 0, 0},
        {6, 0.5, 1, 6, 0.96875},
        {100, 0.5, 40, 61, 0.964799800},
        {35, 0.9, 28, 0, 0},
        {36, 0.9, 29, 36, 0.953962105},
        {100, 0.9, 84, 96, 0.955690107},
        {367, 0.99, 359, 0, 0},
        {368, 0.99, 360, 368, 0.962415820},
        {1000, 0.99, 983, 997, 0.976094763},
        {5000, 0.999, 4990, 5000, 0.979628936},
        {1000000, 0.99, 989805, 990196, 0.950571124},
        {100000000, 0.9999, 99989804, 99990197, 0.950600014},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct order_ranks ranks = order_ranks(known[i].count, known[i].fraction, 0.025);
        assert_int_equal(ranks.low, known[i].low);
        assert_int_equal(ranks.high, known[i].high);
        expect_digits(ranks.confidence, known[i].confidence);
    }
}

/* The same of the median, as tabulated for the sign test (Conover, table A3). */
static void test_ranks_of_the_median(void **state)
{
    (void)state;
    static const struct {
        uint64_t count, low;
        double confidence;
    } known[] = {
        {1, 0, 0},        {5, 0, 0},         {6, 1, 0.96875},  {7, 1, 0.984375},
        {8, 1, 0.99219},  {9, 2, 0.96094},   {10, 2, 0.97852}, {15, 4, 0.96484},
        {20, 6, 0.95861}, {30, 10, 0.95723},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct order_ranks ranks = order_ranks(known[i].count, 0.5, 0.025);
        assert_int_equal(ranks.low, known[i].low);
        assert_int_equal(ranks.high,
                         known[i].low ? known[i].count + 1 - known[i].low : 0);
        expect_near(ranks.confidence, known[i].confidence, 1e-5);
    }
}

/* A percentile is printed from the number of samples on that bound it from above. */
static void test_samples_needed_are_those_of_an_upper_bound(void **state)
{
    (void)state;
    static const double fractions[] = {0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999};
    for (size_t i = 0; i < COUNT_OF(fractions); i++) {
        uint64_t needed = histogram_samples_needed(fractions[i]);
        assert_int_equal(order_ranks(needed, fractions[i], 0.025).high, needed);
        assert_int_equal(order_ranks(needed - 1, fractions[i], 0.025).high, 0);
    }
}

/* Exponential values, of which the p99 is known: 0.9761 of the intervals hold it. */
static void test_interval_of_histogram(void **state)
{
    (void)state;
    enum { RUNS = 1000, VALUES = 1000 };
    struct random random;
    struct histogram histogram;
    random_seed(&random, 11);
    histogram_init(&histogram);
    unsigned held = 0;
    for (int run = 0; run < RUNS; run++) {
        histogram_reset(&histogram);
        assert_false(order_histogram_interval(&histogram, 0.99).exists);
        for (int i = 0; i < VALUES; i++)
            histogram_record(&histogram, (uint64_t)random_exponential(&random, 1e6));
        struct interval interval = order_histogram_interval(&histogram, 0.99);
        expect_digits(interval.confidence, 0.976094763);
        held += interval_holds(&interval, 1e6 * log(100));
    }
    histogram_release(&histogram);
    expect_near(held / (double)RUNS, 0.976, 0.015);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_ranks_of_the_median),
        cmocka_unit_test(test_samples_needed_are_those_of_an_upper_bound),
        cmocka_unit_test(test_interval_of_histogram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
