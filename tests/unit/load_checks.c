/*
 * What the generator says about itself: gaps between sends, steadiness, and the sample
 * of successive values that both rest on. Fed by hand, so that no clock takes part.
 */
#include "tests/test.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/sequence.h"
#include "loadgen/measure/pace.h"
#include "loadgen/measure/steadiness.h"
#include "workload/workload.h"

/* ---- pairs ------------------------------------------------------------------------- */

static void test_pairs_are_successive_and_spread(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {2, 3, PAIRS_KEPT, PAIRS_KEPT + 1, 100000, 1000003};
    for (size_t l = 0; l < COUNT_OF(lengths); l++) {
        struct pairs pairs;
        pairs_init(&pairs);
        for (uint64_t i = 0; i < lengths[l]; i++)
            pairs_add(&pairs, (double)i);
        assert_true(pairs.count < PAIRS_KEPT);
        assert_true(pairs.count >=
                    (lengths[l] > PAIRS_KEPT ? PAIRS_KEPT / 2 : lengths[l] - 1));
        for (size_t i = 0; i < pairs.count; i++) {
            assert_true(pairs.second[i] == pairs.first[i] + 1);
            assert_true(pairs.first[i] == (double)(i * pairs.stride));
        }
        assert_true(pairs.first[pairs.count - 1] + 2 * (double)pairs.stride >=
                    (double)lengths[l] - 1);
        pairs_release(&pairs);
    }
}

static void test_pairs_do_not_bridge_a_break(void **state)
{
    (void)state;
    struct pairs pairs, all;
    pairs_init(&pairs);
    pairs_init(&all);
    for (int i = 0; i < 5000; i++) {
        if (i % 7 == 0)
            pairs_break(&pairs);
        pairs_add(&pairs, i);
    }
    for (size_t i = 0; i < pairs.count; i++) {
        assert_true(pairs.second[i] == pairs.first[i] + 1);
        assert_true(fmod(pairs.second[i], 7) > 0);
    }
    pairs_merge(&all, &pairs);
    pairs_merge(&all, &pairs);
    assert_int_equal(all.count, 2 * pairs.count);
    assert_true(all.second[all.count - 1] == pairs.second[pairs.count - 1]);
    pairs_release(&pairs);
    pairs_release(&all);
}

/* ---- gaps -------------------------------------------------------------------------- */

/* Sends `count` arrivals of mean gap 1 ms; `late` says how late each leaves. */
static struct pace_report send_all(int arrivals, int count,
                                   double (*late)(struct random *, double due_ns))
{
    struct random random;
    random_seed(&random, 11);
    struct pace pace;
    pace_init(&pace, arrivals, NS_PER_MS);
    double due_ns = NS_PER_S;
    for (int i = 0; i < count; i++) {
        due_ns += arrivals == ARRIVALS_POISSON ? random_exponential(&random, NS_PER_MS)
                                               : NS_PER_MS;
        pace_sent(&pace, (uint64_t)(due_ns + late(&random, due_ns)));
    }
    struct pace_report report = pace_judge(&pace);
    pace_release(&pace);
    return report;
}

static double on_time(struct random *random, double due_ns)
{
    (void)due_ns;
    return 5e3 + 10e3 * random_unit(random);
}

/* As generators do that wake up once in 5 ms: whole bursts leave together. */
static double at_the_next_tick(struct random *random, double due_ns)
{
    (void)random;
    return ceil(due_ns / 5e6) * 5e6 - due_ns;
}

static void test_sends_on_time_pass(void **state)
{
    (void)state;
    struct pace_report poisson = send_all(ARRIVALS_POISSON, 50000, on_time);
    assert_true(poisson.p_value > 1e-4);
    assert_false(poisson.not_exponential || poisson.correlated || poisson.uneven);
    assert_true(isnan(poisson.deviation_p99_ns));
    struct pace_report constant = send_all(ARRIVALS_CONSTANT, 50000, on_time);
    assert_false(constant.not_exponential || constant.correlated || constant.uneven);
    assert_true(constant.deviation_p99_ns <= 10e3);
    assert_true(isnan(constant.p_value));
}

static void test_coarse_sends_fail(void **state)
{
    (void)state;
    struct pace_report poisson = send_all(ARRIVALS_POISSON, 50000, at_the_next_tick);
    assert_true(poisson.not_exponential);
    assert_true(poisson.p_value < 1e-4);
    struct pace_report constant = send_all(ARRIVALS_CONSTANT, 50000, at_the_next_tick);
    assert_true(constant.uneven);
    assert_true(constant.deviation_p99_ns > 0.9e6);
}

static void test_few_sends_say_nothing(void **state)
{
    (void)state;
    struct pace_report report = send_all(ARRIVALS_POISSON, 20, at_the_next_tick);
    assert_true(isnan(report.p_value));
    assert_false(report.not_exponential || report.correlated);
}

/* Each gap is exponential, and every second one repeats the one before. */
static void test_correlated_gaps_are_found(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 5);
    struct pace pace;
    pace_init(&pace, ARRIVALS_POISSON, NS_PER_MS);
    uint64_t at_ns = NS_PER_S, gap_ns = 0;
    for (int i = 0; i < PAIRS_KEPT - 2; i++) {
        if (i % 2 == 0)
            gap_ns = (uint64_t)random_exponential(&random, NS_PER_MS);
        at_ns += gap_ns;
        pace_sent(&pace, at_ns);
    }
    struct pace_report report = pace_judge(&pace);
    assert_true(report.correlated);
    assert_true(fabs(report.lag1 - 0.5) < 0.15);
    pace_release(&pace);
}

/* ---- steadiness -------------------------------------------------------------------- */

#define BINS 40

static struct steady_state judge(double (*replies_at)(struct random *, int bin))
{
    struct recorder recorder;
    struct random random;
    random_seed(&random, 2);
    recorder_init(&recorder, 1, 100 * NS_PER_MS, BINS * 100 * NS_PER_MS);
    for (int i = 0; i < BINS; i++)
        recorder.intervals[i].ok = (uint64_t)replies_at(&random, i);
    struct steady_state steadiness =
        steadiness_judge(&recorder, BINS * 100 * NS_PER_MS, false);
    recorder_release(&recorder);
    return steadiness;
}

static double level(struct random *random, int bin)
{
    (void)bin;
    return 1000 + 50 * random_unit(random);
}

static double slow_start(struct random *random, int bin)
{
    return level(random, bin) * (bin < 6 ? 0.4 + 0.1 * bin : 1);
}

static double decline(struct random *random, int bin)
{
    return level(random, bin) * (1 - 0.005 * bin);
}

static void test_steadiness(void **state)
{
    (void)state;
    struct steady_state good = judge(level);
    assert_true(good.judged && !good.settles_late && !good.drifts);
    assert_int_equal(good.bins, BINS);
    struct steady_state late = judge(slow_start);
    assert_true(late.settles_late);
    assert_in_range(late.cut, 5, 8);
    struct steady_state declining = judge(decline);
    assert_true(declining.drifts);
    assert_true(fabs(declining.trend_share + 0.2) < 0.05);
    assert_true(declining.trend_z < -2.576);
}

static void test_few_intervals_are_not_judged(void **state)
{
    (void)state;
    struct recorder recorder;
    recorder_init(&recorder, 1, NS_PER_S, 5 * NS_PER_S);
    assert_false(steadiness_judge(&recorder, 5 * NS_PER_S, false).judged);
    assert_false(steadiness_judge(&recorder, 5 * NS_PER_S, true).judged);
    recorder_release(&recorder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_are_successive_and_spread),
        cmocka_unit_test(test_pairs_do_not_bridge_a_break),
        cmocka_unit_test(test_sends_on_time_pass),
        cmocka_unit_test(test_coarse_sends_fail),
        cmocka_unit_test(test_few_sends_say_nothing),
        cmocka_unit_test(test_correlated_gaps_are_found),
        cmocka_unit_test(test_steadiness),
        cmocka_unit_test(test_few_intervals_are_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
