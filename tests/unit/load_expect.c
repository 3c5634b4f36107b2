/*
 * Limits: how they are read, and when a result meets them. Results are made by hand.
 */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "loadgen/measure/expect.h"
#include "loadgen/measure/totals.h"

static void test_reading(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum measure measure;
        double fraction;
        enum limit_relation relation;
        double limit;
        const char *class_name;
        bool share;
    } good[] = {
        {"p99<20ms", MEASURE_QUANTILE, 0.99, LIMIT_LESS, 20e6, NULL, false},
        {"p99.9<=1.5s", MEASURE_QUANTILE, 0.999, LIMIT_AT_MOST, 1.5e9, NULL, false},
        {"p9999<1s", MEASURE_QUANTILE, 0.9999, LIMIT_LESS, 1e9, NULL, false},
        {"light:p50>=1ms", MEASURE_QUANTILE, 0.5, LIMIT_AT_LEAST, 1e6, "light", false},
        {"errors=0", MEASURE_ERRORS, 0, LIMIT_EQUAL, 0, NULL, false},
        {"heavy:errors<0.1%", MEASURE_ERRORS, 0, LIMIT_LESS, 0.001, "heavy", true},
        {"throughput>1k", MEASURE_THROUGHPUT, 0, LIMIT_MORE, 1000, NULL, false},
        {"mean<5us", MEASURE_MEAN, 0, LIMIT_LESS, 5e3, NULL, false},
        {"max<5s", MEASURE_MAX, 0, LIMIT_LESS, 5e9, NULL, false},
        {"dropped==0", MEASURE_DROPPED, 0, LIMIT_EQUAL, 0, NULL, false},
        {"a b : p50 >= 1 ms", MEASURE_QUANTILE, 0.5, LIMIT_AT_LEAST, 1e6, "a b", false},
        {"ok>10", MEASURE_OK, 0, LIMIT_MORE, 10, NULL, false},
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct expectation expectation;
        struct error error;
        if (expectation_parse(&expectation, good[i].text, &error) < 0)
            fail_msg("%s", error.text);
        assert_int_equal(expectation.measure, good[i].measure);
        assert_int_equal(expectation.relation, good[i].relation);
        assert_true(fabs(expectation.fraction - good[i].fraction) < 1e-12);
        assert_true(fabs(expectation.limit - good[i].limit) <= 1e-9 * good[i].limit);
        assert_int_equal(expectation.share, good[i].share);
        assert_int_equal(expectation.class_name != NULL, good[i].class_name != NULL);
        if (good[i].class_name)
            assert_string_equal(expectation.class_name, good[i].class_name);
        expectation_release(&expectation);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "MEASURE<LIMIT"},       {"p99", "MEASURE<LIMIT"},
        {"p99<20", "time"},          {"p0<20ms", "percentile"},
        {"q99<20ms", "percentile"},  {"p99x<1s", "percentile"},
        {"errors<a%", "percentage"}, {"errors<1ms", "number"},
        {"throughput>0", "0"},       {"a:throughput>1", "all classes"},
        {"<5", "percentile"},        {"p99 < 2 0ms", "time"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct expectation expectation;
        struct error error;
        assert_int_equal(expectation_parse(&expectation, bad[i][0], &error), -EINVAL);
        if (!strstr(error.text, bad[i][1]))
            fail_msg("\"%s\" should mention \"%s\"", error.text, bad[i][1]);
    }
}

/* Totals of two classes: 1,000 requests of 1 .. 1,000 ms, and 100 errors. */
static void make_totals(struct load_plan *plan, struct session_totals *totals)
{
    struct error error;
    char *path;
    struct target target;
    *plan = (struct load_plan){.threads = 1, .sources = 1, .interval_ns = NS_PER_S};
    workload_init(&plan->workload);
    static const char *const names[] = {"light", "heavy"};
    for (size_t i = 0; i < 2; i++) {
        struct request *request = workload_add_request(&plan->workload, "/");
        free(request->class_name);
        request->class_name = memory_copy_string(names[i]);
    }
    assert_int_equal(target_parse(&target, &path, "http://127.0.0.1:1", &error), 0);
    load_plan_add_target(plan, &target);
    assert_int_equal(load_plan_build(plan, &error), 0);
    totals_init(totals, plan, 10 * NS_PER_S);
    recorder_start(&totals->recorder, 0, 10 * NS_PER_S);
    for (uint64_t i = 1; i <= 1000; i++) {
        recorder_begun(&totals->recorder, 0, 0);
        recorder_ok(&totals->recorder, 0, 0, 0, i * NS_PER_MS, i * NS_PER_MS);
    }
    for (uint64_t i = 0; i < 100; i++) {
        recorder_begun(&totals->recorder, 1, 0);
        recorder_failed(&totals->recorder, 1, 0, 0, 0, NS_PER_S, FAILURE_RESET);
    }
}

static bool is_met(const struct session_totals *totals, const char *text)
{
    struct load_result result;
    struct expectation expectation;
    struct error error;
    totals_result(totals, &result);
    assert_int_equal(expectation_parse(&expectation, text, &error), 0);
    expectation_judge(&expectation, &result);
    assert_int_equal(result.expectation_count, 1);
    assert_string_equal(result.expectations[0].text, text);
    bool met = result.expectations[0].met;
    assert_int_equal(expectations_are_met(&result), met);
    expectation_release(&expectation);
    load_result_release(&result);
    return met;
}

static void test_values_and_limits(void **state)
{
    (void)state;
    struct load_plan plan;
    struct session_totals totals;
    make_totals(&plan, &totals);
    static const struct {
        const char *text;
        bool met;
    } cases[] = {
        {"p50<502ms", true},
        {" light : p99 <= 992 ms ", true},
        {"p50 < 502ms", true},
        {"p50 >\t502ms", false},
        {"light : errors = 0 %", true},
        {"p50<499ms", false},
        {"light:p99<=992ms", true},
        {"light:p99<989ms", false},
        {"max<=1s", true},
        {"max<1s", false},
        {"min=1ms", true},
        {"mean>500ms", true},
        {"errors=100", true},
        {"errors=0", false},
        {"light:errors=0", true},
        {"heavy:errors<=100%", true},
        {"errors<9%", false},
        {"errors<9.1%", true},
        {"throughput>=100", true},
        {"throughput>100", false},
        {"ok=1000", true},
        {"dropped=0", true},
        {"timeouts=0", true},
        /* Not measured: too few samples, none at all. */
        {"p99.9<10s", false},
        {"p99.9>1ns", false},
        {"heavy:p50<10s", false},
        {"heavy:max<10s", false},
        {"heavy:max>1ns", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (is_met(&totals, cases[i].text) != cases[i].met)
            fail_msg("%s", cases[i].text);
    totals_release(&totals);
    load_plan_release(&plan);
}

/* Requests without a reply may have taken any time: they keep no upper limit. */
static void test_no_reply_is_no_quick_reply(void **state)
{
    (void)state;
    struct load_plan plan;
    struct session_totals totals;
    make_totals(&plan, &totals);
    assert_true(is_met(&totals, "p90<=902ms"));
    for (uint64_t i = 0; i < 100; i++) {
        recorder_begun(&totals.recorder, 0, 0);
        recorder_unfinished(&totals.recorder, 0, 0, 1, 0, NS_PER_MS);
    }
    /* The percentile itself fell, but 9 % are not known to be below the limit. */
    assert_false(is_met(&totals, "p90<=902ms"));
    assert_true(is_met(&totals, "p80<=902ms"));
    assert_true(is_met(&totals, "p90>700ms"));
    /* Mean and maximum are lower bounds as soon as one reply is missing; the minimum is
     * that of the replies. */
    assert_false(is_met(&totals, "mean<10s"));
    assert_true(is_met(&totals, "mean>400ms"));
    assert_false(is_met(&totals, "max<=10s"));
    assert_true(is_met(&totals, "min=1ms"));
    totals_release(&totals);
    load_plan_release(&plan);
}

/* Ages alone say nothing of latencies; a time-out is an age as well. */
static void test_without_replies_nothing_is_met(void **state)
{
    (void)state;
    struct load_plan plan;
    struct session_totals totals;
    struct load_result result;
    make_totals(&plan, &totals);
    for (uint64_t i = 0; i < 1000; i++) {
        recorder_begun(&totals.recorder, 1, 0);
        if (i % 2)
            recorder_unfinished(&totals.recorder, 1, 0, 1, 0, NS_PER_S);
        else
            recorder_failed(&totals.recorder, 1, 0, 1, 0, NS_PER_S,
                            FAILURE_FIRST_BYTE_TIMEOUT);
    }
    static const char *const none[] = {"heavy:p50<10s", "heavy:p50>1ns", "heavy:mean>1ns",
                                       "heavy:max>1ns", "heavy:min<10s"};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_false(is_met(&totals, none[i]));
    totals_result(&totals, &result);
    const struct distribution *heavy = &load_result_class(&result, "heavy")->latency;
    assert_true(heavy->censored == 1000 && isnan(heavy->min_ns));
    assert_int_equal(distribution_whole(heavy), 0);
    static const char *const bounds[] = {"mean", "p50", "p75", "p90",
                                         "p95",  "p99", "max"};
    for (size_t i = 0; i < COUNT_OF(bounds); i++)
        assert_true(distribution_is_at_least(heavy, bounds[i]));
    /* Half of all requests have none: all but the lower half of the others is unknown. */
    assert_int_equal(result.censored.count, 1000);
    assert_true(distribution_is_at_least(&result.latency, "p90"));
    assert_false(
        distribution_is_at_least(&load_result_class(&result, "light")->latency, "p99"));
    load_result_release(&result);
    totals_release(&totals);
    load_plan_release(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_values_and_limits),
        cmocka_unit_test(test_no_reply_is_no_quick_reply),
        cmocka_unit_test(test_without_replies_nothing_is_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
