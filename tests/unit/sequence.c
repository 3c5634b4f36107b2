/*
 * Tests of sequences against values that were computed apart from this code: by hand,
 * from the published tables, or by the long way round.
 */
#include "tests/test.h"

#include "base/random.h"
#include "base/sequence.h"
#include "tests/support/near.h"

/* By the definition, -n - sum (2i-1)/n (ln u_i + ln(1 - u_{n+1-i})), in Python. */
static void test_anderson_darling_of_few_values(void **state)
{
    (void)state;
    const double values[] = {0.1, 0.5, 1.0, 2.0, 4.0};
    expect_near(sequence_anderson_darling(values, 5, 1), 0.605612760639, 1e-9);
    expect_near(sequence_anderson_darling(values, 5, 2), 0.285982108752, 1e-9);
    const double shuffled[] = {2.0, 0.1, 4.0, 0.5, 1.0};
    expect_near(sequence_anderson_darling(shuffled, 5, 1), 0.605612760639, 1e-9);
    assert_true(isnan(sequence_anderson_darling(values, 1, 1)));
}

/*
 * The limit distribution by the series of T. W. Anderson and D. A. Darling ("A test of
 * goodness of fit", JASA 49, 1954), integrated numerically in Python; Stephens' table
 * rounds these.
 */
static void test_anderson_darling_p(void **state)
{
    (void)state;
    static const double table[][2] = {
        {0.5, 0.7468144},   {1, 0.3572667},     {1.248, 0.2499505}, {1.61, 0.1522584},
        {1.933, 0.0999946}, {2.492, 0.0500222}, {3.07, 0.0252183},  {3.857, 0.0102412},
        {4.5, 0.0049900},   {5.97, 0.0009994},  {8, 0.0001138},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        expect_near(sequence_anderson_darling_p(table[i][0], 1000000000), table[i][1],
                    3e-5);
    assert_true(sequence_anderson_darling_p(50, 100) == 0);
    assert_true(sequence_anderson_darling_p(0, 100) == 1);
    /* It falls all the way, without a step where the formulas meet. */
    double last = 1;
    for (double a = 0.05; a < 10; a += 0.001) {
        double p = sequence_anderson_darling_p(a, 20);
        assert_true(p <= last + 3e-5);
        assert_true(last - p < 0.01);
        last = p;
    }
}

/* True hypotheses are rejected as often as the level says, false ones always. */
static void test_anderson_darling_power(void **state)
{
    (void)state;
    enum { RUNS = 2000, VALUES = 200 };
    struct random random;
    random_seed(&random, 7);
    double values[VALUES];
    unsigned below[2] = {0};
    for (int run = 0; run < RUNS; run++) {
        for (int i = 0; i < VALUES; i++)
            values[i] = random_exponential(&random, 3);
        double p = sequence_anderson_darling_p(
            sequence_anderson_darling(values, VALUES, 3), VALUES);
        below[0] += p < 0.5;
        below[1] += p < 0.05;
    }
    assert_true(fabs(below[0] - 0.5 * RUNS) < 4 * sqrt(RUNS * 0.25));
    assert_true(fabs(below[1] - 0.05 * RUNS) < 4 * sqrt(RUNS * 0.05 * 0.95));
    for (int i = 0; i < VALUES; i++)
        values[i] = 2.9 + 0.2 * random_unit(&random);
    assert_true(sequence_anderson_darling_p(sequence_anderson_darling(values, VALUES, 3),
                                            VALUES) < 1e-6);
}

static void test_correlations(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5}, y[] = {2, 1, 4, 3, 5}, same[] = {7, 7, 7, 7, 7};
    expect_near(sequence_correlation(x, y, 5), 0.8, 1e-12);
    expect_near(sequence_rank_correlation(x, y, 5), 0.8, 1e-12);
    /* Ranks know no distances: 1 - 6 (0 + 0 + 0 + 1 + 1) / (5 (25 - 1)). */
    const double wild[] = {-1e9, 0, 3, 1e12, 1e6};
    expect_near(sequence_rank_correlation(x, wild, 5), 0.9, 1e-12);
    /* Ties get the average rank: 1, 2.5, 2.5, 4 against 1, 2, 3, 4. */
    const double twins[] = {1, 5, 5, 9};
    expect_near(sequence_rank_correlation(x, twins, 4), 4.5 / sqrt(4.5 * 5), 1e-12);
    assert_true(isnan(sequence_correlation(x, same, 5)));
    assert_true(isnan(sequence_rank_correlation(x, x, 0)));
}

static void test_mann_kendall(void **state)
{
    (void)state;
    /* S = 45 of 10 rising values, variance 10 * 9 * 25 / 18 = 125: Z = 44 / sqrt(125). */
    const double growing[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    expect_near(sequence_mann_kendall_z(growing, 10), 44 / sqrt(125), 1e-12);
    const double falling[] = {4, 3, 2, 1};
    expect_near(sequence_mann_kendall_z(falling, 4), -5 / sqrt(156.0 / 18), 1e-12);
    /* 1 1 2 2: S = 4, ties take 2 * (2 * 1 * 9) of 4 * 3 * 13. */
    const double pairs[] = {1, 1, 2, 2};
    expect_near(sequence_mann_kendall_z(pairs, 4), 3 / sqrt((156.0 - 36) / 18), 1e-12);
    const double flat[] = {3, 3, 3, 3, 3};
    assert_true(sequence_mann_kendall_z(flat, 5) == 0);
    assert_true(isnan(sequence_mann_kendall_z(flat, 2)));
}

static const double rising[] = {10.2, 9.8,  10.5, 10.1, 10.9, 10.4,
                                10.8, 11.3, 10.7, 11.1, 11.6, 10.95};
static const double tied[] = {5, 5, 6, 4, 6, 7, 5, 8, 7, 7, 9, 6, 8};
static const double few[] = {3.1, 2.9, 3.3, 3.05};
static const double pi[] = {3, 1, 4, 1.5, 9, 2.6, 5.3, 5.8, 9.7, 9.3};

/*
 * scipy 1.10: kendalltau(range(n), x, method='exact').pvalue of those without ties, else
 * 2 * norm.sf(|Z|); theilslopes(x), alpha = 0.95.
 */
static const struct {
    const double *values;
    size_t count;
    double p, slope, low, high;
} trends[] = {
    {rising, COUNT_OF(rising), 0.00538030771, 0.118333333, 0.05, 0.175},
    {tied, COUNT_OF(tied), 0.0149192890, 0.25, 0, 0.444444444},
    {few, COUNT_OF(few), 1, 0.0291666667, NAN, NAN},
    {pi, COUNT_OF(pi), 0.0166661155, 0.8, 0.25, 1.6},
};

static void test_trends(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(trends); i++) {
        expect_digits(sequence_mann_kendall_p(trends[i].values, trends[i].count),
                      trends[i].p);
        struct sequence_slope slope =
            sequence_theil_sen(trends[i].values, trends[i].count);
        expect_digits(slope.median, trends[i].slope);
        assert_int_equal(isnan(slope.low), isnan(trends[i].low));
        assert_int_equal(isnan(slope.high), isnan(trends[i].high));
        if (isnan(slope.low))
            continue;
        expect_near(slope.low, trends[i].low, 1e-6);
        expect_near(slope.high, trends[i].high, 1e-6);
    }
    assert_true(isnan(sequence_mann_kendall_p(few, 2)));
}

/* Where counting ends the normal distribution goes on without a step. */
static void test_exact_and_normal_agree(void **state)
{
    (void)state;
    double values[SEQUENCE_EXACT_MOST + 1];
    struct random random;
    random_seed(&random, 5);
    for (int run = 0; run < 50; run++) {
        for (size_t i = 0; i < COUNT_OF(values); i++)
            values[i] = random_unit(&random) + 0.005 * (double)i;
        double exact = sequence_mann_kendall_p(values, SEQUENCE_EXACT_MOST);
        double z = sequence_mann_kendall_z(values, SEQUENCE_EXACT_MOST);
        expect_near(exact, erfc(fabs(z) / sqrt(2)), 0.003);
    }
}

static void test_theil_sen(void **state)
{
    (void)state;
    const double line[] = {5, 7, 9, 11, 13}, outlier[] = {0, 1, 2, 3, 1000, 5, 6};
    struct sequence_slope slope = sequence_theil_sen(line, 5);
    expect_near(slope.median, 2, 1e-12);
    expect_near(slope.low, 2, 1e-12);
    expect_near(slope.high, 2, 1e-12);
    expect_near(sequence_theil_sen(outlier, 7).median, 1, 1e-12);
    /* Slopes of 0 1 0 are 1, 0, -1. */
    const double hill[] = {0, 1, 0};
    expect_near(sequence_theil_sen(hill, 3).median, 0, 1e-12);
    assert_true(isnan(sequence_theil_sen(hill, 1).median));
}

/* MSER as it is defined, with no short cut. */
static size_t mser_by_definition(const double *values, size_t count)
{
    double least = INFINITY;
    size_t best = 0;
    for (size_t cut = 0; cut <= count / 2 && cut < count; cut++) {
        double mean = 0, squares = 0, kept = (double)(count - cut);
        for (size_t i = cut; i < count; i++)
            mean += values[i] / kept;
        for (size_t i = cut; i < count; i++)
            squares += (values[i] - mean) * (values[i] - mean);
        if (squares / (kept * kept) < least - 1e-12) {
            least = squares / (kept * kept);
            best = cut;
        }
    }
    return best;
}

static void test_mser(void **state)
{
    (void)state;
    const double settled[] = {90, 40, 11, 10, 11, 10, 9, 10, 11, 10};
    assert_int_equal(sequence_mser(settled, 10), 2);
    const double steady[] = {10, 11, 10, 9, 10, 11, 9, 10};
    assert_int_equal(sequence_mser(steady, 8), mser_by_definition(steady, 8));
    /* What never settles is cut as far as it may be. */
    const double growing[] = {1, 2, 3, 4, 5, 6, 7, 8};
    assert_int_equal(sequence_mser(growing, 8), 4);
    struct random random;
    random_seed(&random, 3);
    for (int run = 0; run < 50; run++) {
        double values[31];
        for (int i = 0; i < 31; i++)
            values[i] = random_unit(&random) + (i < run / 5 ? 3 : 0);
        assert_int_equal(sequence_mser(values, 31), mser_by_definition(values, 31));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anderson_darling_of_few_values),
        cmocka_unit_test(test_anderson_darling_p),
        cmocka_unit_test(test_anderson_darling_power),
        cmocka_unit_test(test_correlations),
        cmocka_unit_test(test_mann_kendall),
        cmocka_unit_test(test_trends),
        cmocka_unit_test(test_exact_and_normal_agree),
        cmocka_unit_test(test_theil_sen),
        cmocka_unit_test(test_mser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
