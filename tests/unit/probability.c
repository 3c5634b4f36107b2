/* probability.c - distribution functions against scipy. */
#include "analysis/probability.h"

#include "tests/support/near.h"

/* scipy 1.10: stats.t.cdf(t, degrees). */
static void test_t(void **state)
{
    (void)state;
    static const struct {
        double t, degrees, probability;
    } known[] = {
        {0.5, 1, 0.647583618}, {2, 3.7, 0.939091399},    {-1.5, 9, 0.0839253280},
        {4, 29, 0.999799968},  {1.96, 1e6, 0.975001966}, {0, 5, 0.5},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        expect_digits(probability_t(known[i].t, known[i].degrees), known[i].probability);
}

/* scipy 1.10: stats.t.ppf(probability, degrees). */
static void test_t_quantiles(void **state)
{
    (void)state;
    static const struct {
        double probability, degrees, t;
    } known[] = {
        {0.975, 1, 12.7062047},  {0.975, 2, 4.30265273},   {0.975, 5, 2.57058184},
        {0.975, 9, 2.26215716},  {0.975, 29, 2.04522964},  {0.95, 4, 2.13184679},
        {0.80, 5, 0.919543780},  {0.995, 10, 3.16927267},  {0.975, 1e6, 1.95996636},
        {0.025, 5, -2.57058184}, {0.975, 7.3, 2.34506674}, {0.95, 16.482, 1.74275766},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        expect_digits(probability_t_quantile(known[i].probability, known[i].degrees),
                      known[i].t);
    expect_near(probability_t_quantile(0.5, 7), 0, 1e-9);
}

/* scipy 1.10: stats.binom.cdf(successes, trials, chance). */
static void test_binomial(void **state)
{
    (void)state;
    static const struct {
        uint64_t successes, trials;
        double chance, probability;
    } known[] = {
        {0, 6, 0.5, 0.015625},
        {15, 20, 0.9, 0.0431744953},
        {367, 368, 0.99, 0.975239945},
        {984, 1000, 0.99, 0.0478705858},
        {99870, 100000, 0.999, 0.00227126387},
        {9998900, 10000000, 0.9999, 0.000962113276},
        {6, 6, 0.5, 1},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        expect_digits(
            probability_binomial(known[i].successes, known[i].trials, known[i].chance),
            known[i].probability);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t),
        cmocka_unit_test(test_t_quantiles),
        cmocka_unit_test(test_binomial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
