/* statistics.c - intervals and ratios against tables and hand calculation. */
#include "tests/test.h"

#include "analysis/statistics.h"

#include <math.h>

#define assert_near(actual, expected, tolerance)                                         \
    assert_true(fabs((actual) - (expected)) <= (tolerance))

static void test_medians(void **state)
{
    (void)state;
    const double values[] = {5, 1, 4, 2, 3};
    assert_near(statistics_median(values, 5), 3, 0);
    assert_near(statistics_median(values, 4), 3, 0); /* of 5 1 4 2 */
    assert_near(statistics_median(values, 1), 5, 0);
    assert_true(isnan(statistics_median(values, 0)));
    assert_near(values[0], 5, 0); /* the input is not sorted in place */
}

/* Ranks and confidences of the sign-test interval, as tabulated (Conover, table A3). */
static void test_median_ranks(void **state)
{
    (void)state;
    static const struct {
        size_t count, rank;
        double confidence;
    } known[] = {
        {1, 0, 0},        {5, 0, 0},         {6, 1, 0.96875},  {7, 1, 0.984375},
        {8, 1, 0.99219},  {9, 2, 0.96094},   {10, 2, 0.97852}, {15, 4, 0.96484},
        {20, 6, 0.95861}, {30, 10, 0.95723},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        double confidence;
        assert_int_equal(statistics_median_rank(known[i].count, 0.025, &confidence),
                         known[i].rank);
        assert_near(confidence, known[i].confidence, 1e-5);
    }
}

static void test_median_interval(void **state)
{
    (void)state;
    const double ten[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    struct interval interval = statistics_median_interval(ten, 10);
    assert_true(interval.exists);
    assert_near(interval.low, 2, 0);
    assert_near(interval.high, 9, 0);
    assert_false(statistics_median_interval(ten, 5).exists);
}

static void test_t_quantiles(void **state)
{
    (void)state;
    static const struct {
        double probability, degrees, t;
    } known[] = {
        {0.975, 1, 12.7062},  {0.975, 2, 4.30265},  {0.975, 5, 2.57058},
        {0.975, 9, 2.26216},  {0.975, 29, 2.04523}, {0.95, 4, 2.13185},
        {0.80, 5, 0.91954},   {0.995, 10, 3.16927}, {0.975, 1e6, 1.95997},
        {0.025, 5, -2.57058}, {0.5, 7, 0},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        assert_near(statistics_t_quantile(known[i].probability, known[i].degrees),
                    known[i].t, 1e-4);
}

/* The number of subsets of 1..n with sum <= w, over 2^n. */
static void test_signed_rank(void **state)
{
    (void)state;
    assert_near(statistics_signed_rank(3, 0), 1.0 / 8, 1e-12);
    assert_near(statistics_signed_rank(3, 3), 5.0 / 8, 1e-12); /* {} 1 2 3 12 */
    assert_near(statistics_signed_rank(6, 21), 1, 1e-12);
    /* Critical values for 5 % two-sided: 0 at n = 6, 8 at n = 10, 52 at n = 20. */
    assert_true(statistics_signed_rank(6, 0) <= 0.025);
    assert_true(statistics_signed_rank(6, 1) > 0.025);
    assert_true(statistics_signed_rank(10, 8) <= 0.025);
    assert_true(statistics_signed_rank(10, 9) > 0.025);
    assert_true(statistics_signed_rank(20, 52) <= 0.025);
    assert_true(statistics_signed_rank(20, 53) > 0.025);
}

static void test_hodges_lehmann(void **state)
{
    (void)state;
    const double values[] = {1, 2, 6};
    /* Averages: 1 1.5 2 3.5 4 6; the middle is between 2 and 3.5. */
    assert_near(statistics_hodges_lehmann(values, 3), 2.75, 1e-12);
    const double six[] = {1, 2, 3, 4, 5, 6};
    struct interval interval = statistics_wilcoxon_interval(six, 6, 0.95);
    assert_true(interval.exists);
    assert_near(interval.low, 1, 0); /* the extreme averages at n = 6 */
    assert_near(interval.high, 6, 0);
    assert_near(interval.confidence, 0.96875, 1e-9);
    assert_false(statistics_wilcoxon_interval(six, 5, 0.95).exists);
}

static void test_ratio(void **state)
{
    (void)state;
    const double b[] = {100, 110, 90, 105, 95, 102};
    double a[6];
    const double factors[] = {1.9, 2.1, 2.0, 2.05, 1.95, 2.0};
    for (size_t i = 0; i < 6; i++)
        a[i] = factors[i] * b[i];
    struct ratio ratio = statistics_ratio(a, b, 6, 0.95);
    assert_int_equal(ratio.pairs, 6);
    assert_near(ratio.value, 1.9989575, 1e-6); /* the geometric mean of the factors */
    assert_true(ratio.t.exists && ratio.wilcoxon.exists);
    /* s of the logarithms is 0.0353852, t = 2.570582: half width 0.0371345. */
    assert_near(ratio.t.low, 1.9260885, 1e-5);
    assert_near(ratio.t.high, 2.0745833, 1e-5);
    assert_near(ratio.wilcoxon.low, 1.9, 1e-9);
    assert_near(ratio.wilcoxon.high, 2.1, 1e-9);
    assert_false(ratio.disagree);
}

static void test_ratio_of_too_little(void **state)
{
    (void)state;
    const double a[] = {2, 0, 3}, b[] = {1, 1, 0};
    struct ratio ratio = statistics_ratio(a, b, 3, 0.95);
    assert_int_equal(ratio.pairs, 1); /* a pair with a zero has no ratio */
    assert_near(ratio.value, 2, 1e-12);
    assert_false(ratio.t.exists);
    assert_false(ratio.wilcoxon.exists);
    assert_true(isnan(statistics_ratio(a, b, 0, 0.95).value));
}

/* By Simpson's rule over the density of Student's t with 5 degrees:
 * t = 6.84341888 and 1.56570575 beyond margins of 0.95 and 0.98. */
static void test_ratio_tail(void **state)
{
    (void)state;
    static const double a[] = {0.98, 0.99, 1.01, 0.97, 1.00, 0.985};
    static const double b[] = {1, 1, 1, 1, 1, 1};
    struct ratio ratio = statistics_ratio(a, b, 6, 0.95);
    assert_float_equal(statistics_ratio_tail(&ratio, 0.95), 0.000508571317, 1e-9);
    assert_float_equal(statistics_ratio_tail(&ratio, 0.98), 0.0890967938, 1e-9);
    struct ratio of_90 = statistics_ratio(a, b, 6, 0.9);
    assert_float_equal(statistics_ratio_tail(&of_90, 0.95), 0.000508571317, 1e-9);
    struct ratio one = statistics_ratio(a, b, 1, 0.95);
    assert_true(isnan(statistics_ratio_tail(&one, 0.95)));
}

/* The example of Holm's step-down: 0.005 <= 0.05/4, 0.01 <= 0.05/3, 0.03 > 0.05/2. */
static void test_holm(void **state)
{
    (void)state;
    static const double p[] = {0.01, 0.04, NAN, 0.03, 0.005};
    static const bool expected[] = {true, false, false, false, true};
    bool rejected[5];
    statistics_holm(p, 5, 0.05, rejected);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(rejected[i], expected[i]);
    statistics_holm(p, 5, 0.1, rejected);
    assert_true(rejected[0] && rejected[1] && rejected[3] && rejected[4]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_medians),
        cmocka_unit_test(test_median_ranks),
        cmocka_unit_test(test_median_interval),
        cmocka_unit_test(test_t_quantiles),
        cmocka_unit_test(test_signed_rank),
        cmocka_unit_test(test_hodges_lehmann),
        cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_ratio_of_too_little),
        cmocka_unit_test(test_ratio_tail),
        cmocka_unit_test(test_holm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
