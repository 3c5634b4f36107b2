/* scalability.c - the universal scalability law against scipy's least squares. */
#include "analysis/scalability.h"

#include "tests/support/near.h"

#define MOST 11

/*
 * scipy 1.10: optimize.least_squares of X - l N / (1 + s (N - 1) + k N (N - 1)) within
 * bounds=([0, 0, 0], inf) from many starts, then method='lm' in those that are not 0,
 * with ftol = xtol = gtol = 1e-15; the residual is sqrt(2 cost / (points - 3)). The first
 * two are Gunther's: SPEC SDM on a Sun (chapter 5), a ray tracer (chapter 4).
 */
static const struct {
    double loads[MOST], throughputs[MOST];
    size_t count;
    struct scalability fit;
} known[] = {
    {{1, 18, 36, 72, 108, 144, 216},
     {64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2},
     7,
     {true, 89.9952336, 0.0277284760, 0.000104365483, 96.5195612, 1883.89899,
      82.8458200}},
    {{1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64},
     {20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310},
     11,
     {true, 21.8488429, 0.0577707811, 0, INFINITY, 378.198850, 9.33566950}},
    /* Over decades, without contention. */
    {{1, 10, 50, 100, 500, 1000, 5000},
     {20, 199, 990, 1985, 9400, 17200, 21000},
     7,
     {true, 19.6722246, 0, 1.47338247e-07, 2605.20708, 25630.0285, 52.0081691}},
    /* Better than in proportion: contention would be below 0. */
    {{1, 2, 4, 8, 16},
     {100, 207, 418, 850, 1650},
     5,
     {true, 106.150222, 0, 0.000120398164, 91.1360218, 4863.73845, 8.47937187}},
    /* Falls from the beginning. */
    {{1, 2, 3, 4},
     {100, 80, 70, 62},
     4,
     {true, 99.9824278, 1.17835094, 0.158047938, 1, 99.9824278, 0.407784145}},
    {{1, 2, 4, 8, 16, 32},
     {100, 181.5, 307, 471, 638, 780},
     6,
     {true, 99.8655396, 0.0999860025, 0, INFINITY, 998.795203, 0.965300128}},
};

static void test_known_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct scalability expected = known[i].fit;
        struct scalability fit =
            scalability_fit(known[i].loads, known[i].throughputs, known[i].count);
        assert_true(fit.exists);
        expect_digits(fit.lambda, expected.lambda);
        expect_digits(fit.sigma, expected.sigma);
        expect_digits(fit.kappa, expected.kappa);
        expect_digits(fit.peak, expected.peak);
        expect_digits(fit.peak_throughput, expected.peak_throughput);
        expect_digits(fit.residual, expected.residual);
    }
}

/* What the law itself has made is found again, whatever the order. */
static void test_law_is_found_again(void **state)
{
    (void)state;
    static const double loads[] = {64, 1, 8, 2, 256, 32, 16};
    static const struct scalability laws[] = {
        {.lambda = 1000, .sigma = 0.05, .kappa = 1e-3},
        {.lambda = 3e5, .sigma = 0.9, .kappa = 1e-6},
        {.lambda = 2, .sigma = 0.01, .kappa = 0},
        {.lambda = 50, .sigma = 0, .kappa = 2e-5},
        {.lambda = 10, .sigma = 0, .kappa = 0},
    };
    for (size_t i = 0; i < COUNT_OF(laws); i++) {
        double throughputs[COUNT_OF(loads)];
        for (size_t j = 0; j < COUNT_OF(loads); j++)
            throughputs[j] = scalability_throughput(&laws[i], loads[j]);
        struct scalability fit = scalability_fit(loads, throughputs, COUNT_OF(loads));
        assert_true(fit.exists);
        expect_digits(fit.lambda, laws[i].lambda);
        expect_near(fit.sigma, laws[i].sigma, 1e-7);
        expect_near(fit.kappa, laws[i].kappa, 1e-9);
        expect_near(fit.residual / fit.lambda, 0, 1e-6);
        assert_int_equal(isinf(fit.peak), !(laws[i].kappa > 0));
    }
}

static void test_too_few_points(void **state)
{
    (void)state;
    static const double loads[] = {1, 2, 2, 4, 8, 0.5}, none[] = {10, 19, 19, 35, 0, 5};
    assert_false(scalability_fit(loads, none, COUNT_OF(loads)).exists);
    static const double all[] = {10, 19, 19, 35, 60, 5};
    assert_true(scalability_fit(loads, all, COUNT_OF(loads)).exists);
    assert_false(scalability_fit(loads, all, 0).exists);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_fits),
        cmocka_unit_test(test_law_is_found_again),
        cmocka_unit_test(test_too_few_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
