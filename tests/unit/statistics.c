/* statistics.c - medians and their intervals against tables and hand calculation. */
#include "analysis/statistics.h"

#include "tests/support/near.h"

static void test_medians(void **state)
{
    (void)state;
    const double values[] = {5, 1, 4, 2, 3};
    expect_near(statistics_median(values, 5), 3, 0);
    expect_near(statistics_median(values, 4), 3, 0); /* of 5 1 4 2 */
    expect_near(statistics_median(values, 1), 5, 0);
    assert_true(isnan(statistics_median(values, 0)));
    expect_near(values[0], 5, 0); /* the input is not sorted in place */
}

static void test_median_interval(void **state)
{
    (void)state;
    const double ten[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    struct interval interval = statistics_median_interval(ten, 10);
    assert_true(interval.exists);
    expect_near(interval.low, 2, 0);
    expect_near(interval.high, 9, 0);
    assert_false(statistics_median_interval(ten, 5).exists);
}

/* The number of subsets of 1..n with sum <= w, over 2^n. */
static void test_signed_rank(void **state)
{
    (void)state;
    expect_near(statistics_signed_rank(3, 0), 1.0 / 8, 1e-12);
    expect_near(statistics_signed_rank(3, 3), 5.0 / 8, 1e-12); /* {} 1 2 3 12 */
    expect_near(statistics_signed_rank(6, 21), 1, 1e-12);
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
    expect_near(statistics_hodges_lehmann(values, 3), 2.75, 1e-12);
    const double six[] = {1, 2, 3, 4, 5, 6};
    struct interval interval = statistics_wilcoxon_interval(six, 6, 0.95);
    assert_true(interval.exists);
    expect_near(interval.low, 1, 0); /* the extreme averages at n = 6 */
    expect_near(interval.high, 6, 0);
    expect_near(interval.confidence, 0.96875, 1e-9);
    assert_false(statistics_wilcoxon_interval(six, 5, 0.95).exists);
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
        cmocka_unit_test(test_medians),     cmocka_unit_test(test_median_interval),
        cmocka_unit_test(test_signed_rank), cmocka_unit_test(test_hodges_lehmann),
        cmocka_unit_test(test_holm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
