/* ratio.c - ratios of pairs and of independent samples, against scipy and statsmodels. */
#include "analysis/ratio.h"

#include "tests/support/near.h"

static void test_ratio(void **state)
{
    (void)state;
    const double b[] = {100, 110, 90, 105, 95, 102};
    double a[6];
    const double factors[] = {1.9, 2.1, 2.0, 2.05, 1.95, 2.0};
    for (size_t i = 0; i < 6; i++)
        a[i] = factors[i] * b[i];
    struct ratio ratio = ratio_of_pairs(a, b, 6, 0.95);
    assert_int_equal(ratio.pairs, 6);
    expect_near(ratio.value, 1.9989575, 1e-6); /* the geometric mean of the factors */
    assert_true(ratio.t.exists && ratio.wilcoxon.exists);
    /* s of the logarithms is 0.0353852, t = 2.570582: half width 0.0371345. */
    expect_near(ratio.t.low, 1.9260885, 1e-5);
    expect_near(ratio.t.high, 2.0745833, 1e-5);
    expect_near(ratio.wilcoxon.low, 1.9, 1e-9);
    expect_near(ratio.wilcoxon.high, 2.1, 1e-9);
    assert_false(ratio.disagree);
}

static void test_ratio_of_too_little(void **state)
{
    (void)state;
    const double a[] = {2, 0, 3}, b[] = {1, 1, 0};
    struct ratio ratio = ratio_of_pairs(a, b, 3, 0.95);
    assert_int_equal(ratio.pairs, 1); /* a pair with a zero has no ratio */
    expect_near(ratio.value, 2, 1e-12);
    assert_false(ratio.t.exists);
    assert_false(ratio.wilcoxon.exists);
    assert_true(isnan(ratio_of_pairs(a, b, 0, 0.95).value));
}

/*
 * statsmodels 0.13, a and b being the logarithms:
 *   c = CompareMeans(DescrStatsW(a), DescrStatsW(b)); c.dof_satt();
 *   exp(c.tconfint_diff(usevar='unequal'))
 * scipy 1.10: ttest_ind(a, b, equal_var=False, alternative='greater').pvalue
 */
static void test_welch(void **state)
{
    (void)state;
    static const double here[] = {1.021, 0.984, 1.043, 1.010, 0.997, 1.032};
    static const double there[] = {0.93, 0.905, 0.951, 0.948, 0.92, 0.899, 0.961, 0.94};
    double a[COUNT_OF(here)], b[COUNT_OF(there)];
    for (size_t i = 0; i < COUNT_OF(a); i++)
        a[i] = log(here[i]);
    for (size_t i = 0; i < COUNT_OF(b); i++)
        b[i] = log(there[i]);
    struct log_ratio of_a = log_ratio_of(a, COUNT_OF(a));
    struct log_ratio of_b = log_ratio_of(b, COUNT_OF(b));
    struct log_ratio difference = log_ratio_difference(&of_a, &of_b);
    expect_digits(difference.mean, 0.0851426973);
    expect_digits(difference.mean / difference.error, 6.93573084);
    expect_digits(difference.degrees, 11.4865459);
    struct interval interval = log_ratio_interval(&difference, 0.95);
    expect_digits(interval.low, 1.05999320);
    expect_digits(interval.high, 1.11853848);
    expect_digits(log_ratio_above(&difference, 1), 9.86433355e-06);
    expect_digits(log_ratio_below(&difference, 1), 1 - 9.86433355e-06);
    /* One value has no spread, and neither has what is made of it. */
    struct log_ratio one = log_ratio_of(a, 1),
                     unknown = log_ratio_difference(&of_b, &one);
    assert_false(log_ratio_interval(&unknown, 0.95).exists);
    assert_true(isnan(log_ratio_above(&unknown, 1)));
}

/* scipy 1.10: ttest_1samp(log(a), log(margin), alternative='greater' or 'less').pvalue */
static void test_tails(void **state)
{
    (void)state;
    static const double a[] = {1.012, 0.991, 1.02, 0.998, 1.007, 1.015};
    static const double b[] = {1, 1, 1, 1, 1, 1};
    struct ratio ratio = ratio_of_pairs(a, b, COUNT_OF(a), 0.95);
    expect_digits(log_ratio_above(&ratio.log, 0.99), 0.00588181267);
    expect_digits(log_ratio_below(&ratio.log, 0.99), 0.994118187);
    expect_digits(log_ratio_above(&ratio.log, 1), 0.0851416193);
    expect_digits(log_ratio_below(&ratio.log, 1), 0.914858381);
    assert_true(log_ratio_above(&ratio.log, 0) == 0);
    assert_true(log_ratio_above(&ratio.log, INFINITY) == 1);
    /* Without any spread it is above what is less, and not shown to differ from itself.
     */
    struct ratio exact = ratio_of_pairs(b, b, COUNT_OF(b), 0.95);
    assert_true(log_ratio_above(&exact.log, 0.99) == 0);
    assert_true(log_ratio_below(&exact.log, 0.99) == 1);
    assert_true(log_ratio_above(&exact.log, 1) == 1);
    assert_true(log_ratio_below(&exact.log, 1) == 1);
    struct ratio one = ratio_of_pairs(a, b, 1, 0.95);
    assert_true(isnan(log_ratio_above(&one.log, 0.95)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_ratio_of_too_little),
        cmocka_unit_test(test_welch),
        cmocka_unit_test(test_tails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
