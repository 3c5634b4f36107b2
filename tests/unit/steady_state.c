/* steady_state.c - series that are steady, that settle late and that drift. */
#include "base/steady_state.h"

#include <math.h>

#include "tests/support/near.h"

#define BINS 40

static double level(int bin)
{
    return 1000 * (1 + 0.05 * sin(7 * bin) / 2);
}

static double slow_start(int bin)
{
    return level(bin) * (bin < 6 ? 0.4 + 0.1 * bin : 1);
}

static double decline(int bin)
{
    return level(bin) * (1 - 0.005 * bin);
}

/* 0.8 % in the window, which is seen and matters to nobody. */
static double creep(int bin)
{
    return 1000 + 0.2 * bin + sin(7 * bin) / 2;
}

static struct steady_state judge(double (*value_at)(int bin), size_t bins)
{
    double values[BINS];
    for (int i = 0; i < BINS; i++)
        values[i] = value_at(i);
    return steady_state_judge(values, bins, 0.25);
}

/* The trends are scipy's theilslopes(x), times 39 bins, over mean(x). */
static void test_steady_state(void **state)
{
    (void)state;
    struct steady_state steady = judge(level, BINS);
    assert_true(steady.judged && !steady.settles_late && !steady.drifts);
    assert_int_equal(steady.bins, BINS);
    expect_digits(steady.trend_share, -0.000508571012);
    expect_digits(steady.trend_low, -0.0178353911);
    expect_digits(steady.trend_high, 0.0175884648);
    expect_digits(steady.trend_p, 0.972305102);
    struct steady_state late = judge(slow_start, BINS);
    assert_true(late.settles_late);
    assert_in_range(late.cut, 5, 8);
    struct steady_state declining = judge(decline, BINS);
    assert_true(declining.drifts);
    expect_digits(declining.trend_share, -0.216618413);
    expect_digits(declining.trend_low, -0.233661211);
    expect_digits(declining.trend_high, -0.197958034);
    struct steady_state creeping = judge(creep, BINS);
    assert_true(creeping.trend_p < 1e-6 && creeping.trend_low > 0 && !creeping.drifts);
}

static double nothing(int bin)
{
    (void)bin;
    return 0;
}

static void test_what_is_not_judged(void **state)
{
    (void)state;
    assert_true(judge(level, STEADY_STATE_LEAST).judged);
    assert_false(judge(level, STEADY_STATE_LEAST - 1).judged);
    assert_false(judge(nothing, BINS).judged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steady_state),
        cmocka_unit_test(test_what_is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
