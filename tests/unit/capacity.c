/*
 * The search for a capacity where it decides: what a step shows, whose limit was met,
 * what the steps show together. On made-up results; tests/unit/load_truth.c runs
 * searches.
 */
#include "tests/test.h"

#include <math.h>

#include "base/clock.h"
#include "loadgen/search/capacity.h"
#include "loadgen/search/capacity_verdict.h"

static void test_binomial_bound(void **state)
{
    (void)state;
    /* 0.99^n falls below 0.001 at n = 688. */
    assert_int_equal(capacity_decide(687, 0, 0.01, 0.001), 0);
    assert_int_equal(capacity_decide(688, 0, 0.01, 0.001), -1);
    /* P(Bin(32, 0.01) >= 3) = 0.0039, >= 4: 0.00030. By the sum in Python. */
    assert_int_equal(capacity_decide(32, 3, 0.01, 0.001), 0);
    assert_int_equal(capacity_decide(32, 4, 0.01, 0.001), 1);
    /* P(Bin(1000, 0.1) <= 70) = 0.00056, <= 72: 0.0012; >= 130: 0.0013, >= 132: 0.0007 */
    assert_int_equal(capacity_decide(1000, 70, 0.1, 0.001), -1);
    assert_int_equal(capacity_decide(1000, 72, 0.1, 0.001), 0);
    assert_int_equal(capacity_decide(1000, 130, 0.1, 0.001), 0);
    assert_int_equal(capacity_decide(1000, 132, 0.1, 0.001), 1);
    assert_int_equal(capacity_decide(0, 0, 0.1, 0.001), 0);
    assert_int_equal(capacity_decide(5, 5, 0.01, 0.001), 1);
    assert_int_equal(capacity_decide(10000000, 90000, 0.01, 0.001), -1);
}

static void test_objectives(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
    } cases[] = {{"p99<50ms", 0},       {"p99.9<=1s", 0},        {"p99>50ms", -EINVAL},
                 {"errors=0", -EINVAL}, {"a:p99<50ms", -EINVAL}, {"mean<50ms", -EINVAL}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct expectation objective;
        struct error error;
        assert_int_equal(expectation_parse(&objective, cases[i].text, &error), 0);
        assert_int_equal(capacity_check_objective(&objective, &error), cases[i].code);
        expectation_release(&objective);
    }
}

/* ---- whose limit it was ------------------------------------------------------------ */

/* 100 requests that were due, held against p90<50ms. */
struct made_step {
    const char *name;
    uint64_t good;          /* replies within 50 ms of when they were due */
    uint64_t late;          /* good replies after 150 ms */
    uint64_t http_errors;   /* the others had no reply in time */
    uint64_t slow_services; /* of the late ones: they took that long once sent, too */
    double waited;          /* requests that found no connection free */
    int flag;               /* -1: none */
    enum capacity_verdict verdict;
    bool decided;
};

static void fill(struct distribution *distribution, uint64_t quick, uint64_t slow)
{
    distribution_init(distribution, true);
    for (uint64_t i = 0; i < quick; i++)
        histogram_record(distribution->histogram, 10 * NS_PER_MS);
    for (uint64_t i = 0; i < slow; i++)
        histogram_record(distribution->histogram, 150 * NS_PER_MS);
    distribution_summarise(distribution);
}

static void make_result(const struct made_step *made, struct load_result *result)
{
    load_result_init(result);
    result->duration_s = 1;
    result->counts.scheduled = 100;
    result->counts.ended[OUTCOME_OK] = made->good + made->late;
    result->counts.ended[OUTCOME_HTTP_ERROR] = made->http_errors;
    result->counts.ended[OUTCOME_TIMEOUT] =
        100 - made->good - made->late - made->http_errors;
    result->waited_for_connection = made->waited;
    fill(&result->latency, made->good, 100 - made->good);
    fill(&result->service, made->good + made->late - made->slow_services,
         made->slow_services);
    if (made->flag >= 0)
        load_result_warn(result, (enum flag)made->flag, "made up");
}

static void test_a_step_tells_whose_limit_it_met(void **state)
{
    (void)state;
    static const struct made_step steps[] = {
        {"all in time", 100, 0, 0, 0, 0, -1, CAPACITY_KEPT, true},
        {"8 % late: too few to be sure", 92, 8, 0, 8, 0, -1, CAPACITY_KEPT, false},
        {"12 % late: too few to be sure", 88, 12, 0, 12, 0, -1, CAPACITY_MISSED, false},
        {"half late", 50, 50, 0, 50, 0, -1, CAPACITY_MISSED, true},
        {"half without a reply", 50, 0, 0, 0, 0, -1, CAPACITY_MISSED, true},
        {"none in time", 0, 0, 0, 0, 0, -1, CAPACITY_MISSED, true},
        {"a flag, but all in time", 100, 0, 0, 0, 0, FLAG_SCHEDULE_LAG, CAPACITY_KEPT,
         true},
        {"late by the generator", 50, 50, 0, 50, 0, FLAG_SCHEDULE_LAG, CAPACITY_GENERATOR,
         true},
        {"a flag that is none of the generator's", 50, 50, 0, 50, 0, FLAG_ERRORS,
         CAPACITY_MISSED, true},
        {"late by waiting for connections", 50, 50, 0, 0, 50, -1, CAPACITY_CONNECTIONS,
         true},
        {"they waited, and were slow once sent, too", 50, 50, 0, 50, 50, -1,
         CAPACITY_MISSED, true},
        {"late, quick once sent, and none waited", 50, 50, 0, 0, 0, -1, CAPACITY_MISSED,
         true},
        {"connections and the generator", 50, 50, 0, 0, 50, FLAG_GENERATOR_STALLED,
         CAPACITY_GENERATOR, true},
        {"all refused", 0, 0, 100, 0, 0, -1, CAPACITY_MISSED, true},
        {"all refused, by no fault of the generator", 0, 0, 100, 0, 0, FLAG_SCHEDULE_LAG,
         CAPACITY_MISSED, true},
    };
    struct expectation objective;
    struct error error;
    assert_int_equal(expectation_parse(&objective, "p90<50ms", &error), 0);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const struct made_step *made = &steps[i];
        struct load_result result;
        make_result(made, &result);
        struct capacity_step step = capacity_judge(&result, made->good, &objective);
        if (step.verdict != (int)made->verdict || step.decided != made->decided)
            fail_msg("%s: %s", made->name, capacity_verdict_words[step.verdict]);
        assert_int_equal(step.requests, 100);
        assert_int_equal(step.bad, 100 - made->good);
        assert_int_equal(capacity_is_refused(&result), made->http_errors == 100);
        load_result_release(&result);
    }
    expectation_release(&objective);
}

static void test_steps_show_an_outcome(void **state)
{
    (void)state;
    static const struct {
        double kept_rps;
        enum capacity_verdict limit;
        bool confirmed;
        enum capacity_outcome outcome;
    } cases[] = {
        {100, CAPACITY_MISSED, true, CAPACITY_FOUND},
        {100, CAPACITY_MISSED, false, CAPACITY_TIME_UP},
        {100, CAPACITY_KEPT, false, CAPACITY_TIME_UP},
        {100, CAPACITY_GENERATOR, true, CAPACITY_GENERATOR_LIMIT},
        {100, CAPACITY_GENERATOR, false, CAPACITY_TIME_UP},
        {100, CAPACITY_CONNECTIONS, true, CAPACITY_CONNECTION_LIMIT},
        {0, CAPACITY_MISSED, false, CAPACITY_NONE},
        {0, CAPACITY_GENERATOR, false, CAPACITY_GENERATOR_LIMIT},
        {0, CAPACITY_CONNECTIONS, false, CAPACITY_CONNECTION_LIMIT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(
            capacity_conclude(cases[i].kept_rps, (int)cases[i].limit, cases[i].confirmed),
            cases[i].outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binomial_bound),
        cmocka_unit_test(test_objectives),
        cmocka_unit_test(test_a_step_tells_whose_limit_it_met),
        cmocka_unit_test(test_steps_show_an_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
