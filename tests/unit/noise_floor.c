/* noise_floor.c - noise floors and sample sizes against scipy. */
#include "analysis/noise_floor.h"

#include "tests/support/near.h"

static const double again[] = {1, 1, 1, 1, 1, 1};
static const double same[] = {1.012, 0.991, 1.02, 0.998, 1.007, 1.015};

/*
 * numpy, scipy 1.10, with c = log(same), s = c.std(ddof=1), n = 6:
 *   expm1(t.ppf(0.975, n - 1) * s / sqrt(n)), with + t.ppf(0.8, n - 1) for what is
 * detectable exp(t.interval(0.95, n - 1, c.mean(), s / sqrt(n)))
 */
static void test_noise_floor(void **state)
{
    (void)state;
    struct noise_floor noise = noise_floor_of(same, again, COUNT_OF(same));
    assert_int_equal(noise.pairs, 6);
    expect_digits(noise.spread, 0.0108509862);
    expect_digits(noise.interval.low, 0.995713913);
    expect_digits(noise.interval.high, 1.01865133);
    expect_digits(noise.floor, 0.0114524951);
    expect_digits(noise.detectable, 0.0155810335);
    assert_false(noise.suspect);
    assert_true(noise_floor_underpowered(&noise, 0.0229));
    assert_false(noise_floor_underpowered(&noise, 0.0230));
    /* What differs from itself is not measured, whatever it is. */
    static const double shifted[] = {1.032, 1.011, 1.04, 1.018, 1.027, 1.035};
    assert_true(noise_floor_of(shifted, again, COUNT_OF(shifted)).suspect);
    struct noise_floor unknown = noise_floor_of(same, again, 1);
    assert_true(isnan(unknown.floor) && isnan(unknown.detectable) && !unknown.suspect);
    assert_true(noise_floor_underpowered(&unknown, 1e9));
}

/*
 * The least R >= ((t.ppf(1 - level, R - 1) + t.ppf(0.8, R - 1)) * s / d) ** 2, counting
 * up from 2 with scipy 1.10; `exact` is statsmodels 0.13, by the noncentral t:
 * TTestPower().solve_power(d / s, alpha=level, power=0.8, alternative='larger')
 */
static void test_blocks_needed(void **state)
{
    (void)state;
    static const struct {
        double spread, distance, level, blocks, exact;
    } known[] = {
        {0.056, 0.0198026273, 0.05, 51, 50.823},
        {0.056, 0.0487901642, 0.05, 10, 9.650},
        {0.019, 0.0198026273, 0.05, 8, 7.250},
        {0.27, 0.182321557, 0.05, 16, 15.008},
        {0.04, 0.04, 0.025, 10, 9.938},
        {0.056, 0.001, 0.05, 19391, 19389.852},
        {0.02, 0.05, 0.05, 3, 2.834},
        {0.05, 0.05, 0.05, 8, 7.728},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        double blocks =
            noise_blocks_needed(known[i].spread, known[i].distance, known[i].level);
        expect_near(blocks, known[i].blocks, 0);
        expect_near(blocks, ceil(known[i].exact), 1);
    }
    expect_near(noise_blocks_needed(0.01, 0.1, 0.05), 2, 0);
    expect_near(noise_blocks_needed(0, 0.1, 0.05), 2, 0);
    assert_true(isinf(noise_blocks_needed(0.01, 0, 0.05)));
    assert_true(isnan(noise_blocks_needed(NAN, 0.1, 0.05)));
}

/* By the nearer end: ln(1.02) away from the mean of c above, 0.0071247. */
static void test_blocks_to_settle(void **state)
{
    (void)state;
    struct ratio seen = ratio_of_pairs(same, again, COUNT_OF(same), 0.95);
    double spread = 0.0108509862, mean = seen.log.mean;
    expect_near(noise_blocks_to_settle(&seen, equivalence_range(0.02), 0.05),
                noise_blocks_needed(spread, log(1.02) - mean, 0.05), 0);
    const struct ratio_range at_least = {1.005, INFINITY}, at_most = {0, 1.005};
    expect_near(noise_blocks_to_settle(&seen, at_least, 0.05),
                noise_blocks_needed(spread, mean - log(1.005), 0.05), 0);
    expect_near(noise_blocks_to_settle(&seen, at_most, 0.05),
                noise_blocks_needed(spread, mean - log(1.005), 0.05), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise_floor),
        cmocka_unit_test(test_blocks_needed),
        cmocka_unit_test(test_blocks_to_settle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
