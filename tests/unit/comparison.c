/* comparison.c - rows and their figures, from results that are made in memory. */
#include "tests/test.h"

#include "analysis/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/record_fixture.h"
#include "tests/unit/results_fixture.h"

#define HELLO "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]"
#define WAITS                                                                            \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/wait:50ms\"}],"                         \
    "\"load\":{\"connections\":100},"                                                    \
    "\"sweep\":{\"variable\":\"connections\",\"values\":[10,100]}"
#define CLASSES                                                                          \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\",\"class\":\"light\"},"               \
    "{\"path\":\"/spin:1k\",\"class\":\"heavy\"}]"

static const char *const two_models[] = {"event-loop", "thread-pool", NULL};

static void invalidate(struct trial_record *trial, enum flag flag)
{
    trial_raise(trial, flag, FLAG_INVALID, "because");
    trial->valid = false;
}

static void test_rows(void **state)
{
    (void)state;
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "hello", HELLO, two_models);
    fixture_add_scenario(&results, "waits", WAITS, two_models);
    fixture_add_trial(&results, "waits", "100", "thread-pool", 1, 320);
    fixture_add_trial(&results, "hello", NULL, "event-loop", 1, 1000);
    struct comparison comparison;
    comparison_make(&comparison, &results);
    static const struct {
        const char *scenario, *value, *label;
        enum row_status status;
    } expected[] = {
        {"hello", NULL, "event-loop", ROW_MEASURED},
        {"hello", NULL, "thread-pool", ROW_MISSING},
        {"waits", "10", "event-loop", ROW_MISSING},
        {"waits", "10", "thread-pool", ROW_MISSING},
        {"waits", "100", "event-loop", ROW_MISSING},
        {"waits", "100", "thread-pool", ROW_MEASURED},
    };
    assert_int_equal(comparison.row_count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const struct row *row = &comparison.rows[i];
        assert_string_equal(row->scenario->name, expected[i].scenario);
        assert_string_equal(row->contender->label, expected[i].label);
        assert_int_equal(row->status, expected[i].status);
        assert_int_equal(row->value != NULL, expected[i].value != NULL);
        if (row->value)
            assert_string_equal(row->value, expected[i].value);
        assert_null(row->why);
    }
    const struct contender *pool = comparison.rows[1].contender;
    assert_ptr_equal(comparison_find(&comparison, &comparison.rows[4], pool),
                     &comparison.rows[5]);
    assert_true(row_same_cell(&comparison.rows[2], &comparison.rows[3]));
    assert_false(row_same_cell(&comparison.rows[3], &comparison.rows[4]));
    comparison_release(&comparison);
    results_release(&results);
}

/* The only row of a scenario with these trials: valid or not, by throughput. */
static void test_which_trials_count(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", NULL};
    struct results results = fixture_results(3);
    fixture_add_scenario(&results, "mixed", HELLO, models);
    fixture_add_scenario(&results, "bad", HELLO, models);
    fixture_add_scenario(&results, "full", HELLO, models);
    fixture_add_scenario(&results, "tolerated", HELLO, models);
    fixture_add_scenario(&results, "lost", HELLO, models);
    fixture_add_scenario(&results, "absent", HELLO, models);
    /* An invalid one beside valid ones, with a flag of another version. */
    fixture_add_trial(&results, "mixed", NULL, "event-loop", 1, 100);
    invalidate(fixture_add_trial(&results, "mixed", NULL, "event-loop", 2, 900),
               FLAG_STEAL);
    fixture_add_trial(&results, "mixed", NULL, "event-loop", 3, 300);
    /* None but invalid ones, each flag told once; a warning forbids nothing. */
    invalidate(fixture_add_trial(&results, "bad", NULL, "event-loop", 1, 100),
               FLAG_SWAPPING);
    struct trial_record *bad =
        fixture_add_trial(&results, "bad", NULL, "event-loop", 2, 200);
    invalidate(bad, FLAG_SWAPPING);
    invalidate(bad, FLAG_GENERATOR_SATURATED);
    trial_raise(bad, FLAG_SERVICES_BUSY, FLAG_WARNING, "busy");
    /* The generator was the limit: the server can do at least so much. */
    invalidate(fixture_add_trial(&results, "full", NULL, "event-loop", 1, 100),
               FLAG_GENERATOR_SATURATED);
    trial_raise(fixture_add_trial(&results, "tolerated", NULL, "event-loop", 1, 100),
                FLAG_GENERATOR_SATURATED, FLAG_WARNING, "saturated");
    /* Nothing but failures. */
    for (uint64_t block = 1; block <= 2; block++) {
        struct trial_record *lost =
            fixture_add_trial(&results, "lost", NULL, "event-loop", block, 0);
        lost->status = TRIAL_FAILED;
        lost->valid = false;
        lost->reason = memory_copy_string("the server died");
    }
    struct not_testable absent = {
        .scenario = TEXT("absent"), .model = TEXT("event-loop"), .why = TEXT("no such")};
    results.manifest.not_testable = &absent;
    results.manifest.not_testable_count = 1;

    struct comparison comparison;
    comparison_make(&comparison, &results);
    static const struct {
        enum row_status status;
        bool lower_bound;
        enum bound bound; /* of its throughput */
        size_t trials, used;
        const char *why;
    } expected[] = {
        {ROW_MEASURED, false, BOUND_EXACT, 3, 2, "steal"},
        {ROW_INVALID, false, BOUND_NOTHING, 2, 2, "swapping, generator_saturated"},
        {ROW_INVALID, true, BOUND_AT_LEAST, 1, 1, "generator_saturated"},
        {ROW_MEASURED, true, BOUND_AT_LEAST, 1, 1, NULL},
        {ROW_FAILED, false, BOUND_EXACT, 2, 0, "2 of 2 trials failed: the server died"},
        {ROW_NOT_TESTABLE, false, BOUND_EXACT, 0, 0, "no such"},
    };
    assert_int_equal(comparison.row_count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const struct row *row = &comparison.rows[i];
        assert_int_equal(row->status, expected[i].status);
        assert_int_equal(row->lower_bound, expected[i].lower_bound);
        const struct estimate *throughput = &row->estimates[METRIC_THROUGHPUT];
        assert_int_equal(throughput->bound, expected[i].bound);
        assert_int_equal(estimate_is_usable(throughput),
                         expected[i].used > 0 && expected[i].bound != BOUND_NOTHING);
        assert_int_equal(row->trial_count, expected[i].trials);
        assert_int_equal(row->used_count, expected[i].used);
        assert_true(text_same(row->why, expected[i].why));
    }
    assert_float_equal(comparison.rows[0].estimates[METRIC_THROUGHPUT].median, 200, 0);
    comparison_release(&comparison);
    results.manifest.not_testable = NULL;
    results.manifest.not_testable_count = 0;
    results_release(&results);
}

static void test_estimates(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", NULL};
    struct results results = fixture_results(6);
    fixture_add_scenario(&results, "hello", HELLO, models);
    for (uint64_t block = 1; block <= 6; block++) {
        struct trial_record *trial = fixture_add_trial(
            &results, "hello", NULL, "event-loop", block, (double)(100 * block));
        /* In one trial requests were given up; one has no p99.9. */
        trial->load->latency.p99_ns = (double)block;
        trial->load->latency.p999_ns = block == 2 ? (double)NAN : (double)block;
        if (block == 6)
            fixture_mark_at_least(&trial->load->latency, "p99");
    }
    struct comparison comparison;
    comparison_make(&comparison, &results);
    const struct row *row = &comparison.rows[0];
    const struct estimate *throughput = &row->estimates[METRIC_THROUGHPUT];
    assert_int_equal(throughput->count, 6);
    assert_float_equal(throughput->median, 350, 0);
    assert_float_equal(throughput->least, 100, 0);
    assert_float_equal(throughput->greatest, 600, 0);
    assert_true(throughput->interval.exists); /* of six, the extremes: 96.9 % */
    assert_float_equal(throughput->interval.low, 100, 0);
    assert_float_equal(throughput->interval.high, 600, 0);
    assert_float_equal(throughput->interval.confidence, 0.96875, 1e-9);
    assert_int_equal(throughput->bound, BOUND_EXACT);
    assert_int_equal(row->estimates[METRIC_LATENCY_P99].bound, BOUND_AT_LEAST);
    assert_int_equal(row->estimates[METRIC_LATENCY_P999].count, 5);
    assert_float_equal(row->estimates[METRIC_LATENCY_P999].median, 4, 0);
    assert_false(row->estimates[METRIC_LATENCY_P999].interval.exists); /* five */
    assert_int_equal(row->estimates[METRIC_CORES].count, 0);
    assert_true(isnan(row->estimates[METRIC_CORES].median));
    comparison_release(&comparison);
    results_release(&results);
}

/* Where the generator was the limit: of the server only what follows from that. */
static void test_what_a_full_generator_proves(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", NULL};
    static const char open_loop[] = "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}],"
                                    "\"load\":{\"rate\":1000,\"connections\":50}";
    static const struct {
        enum metric_id metric;
        enum bound closed, open;
    } expected[] = {
        {METRIC_THROUGHPUT, BOUND_AT_LEAST, BOUND_AT_LEAST},
        {METRIC_CORES, BOUND_AT_LEAST, BOUND_AT_LEAST},
        {METRIC_CPU_PER_REQUEST, BOUND_EXACT, BOUND_EXACT},
        {METRIC_THREADS, BOUND_EXACT, BOUND_EXACT},
        /* By Little's law. */
        {METRIC_LATENCY_MEAN, BOUND_AT_MOST, BOUND_NOTHING},
        {METRIC_LATENCY_P50, BOUND_NOTHING, BOUND_NOTHING},
        {METRIC_LATENCY_P99, BOUND_NOTHING, BOUND_NOTHING},
        {METRIC_SERVICE_P99, BOUND_NOTHING, BOUND_NOTHING},
    };
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "mixed", CLASSES, models);
    fixture_add_scenario(&results, "open", open_loop, models);
    static const char *const scenarios[] = {"mixed", "open"};
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        struct trial_record *trial =
            fixture_add_trial(&results, scenarios[i], NULL, "event-loop", 1, 100);
        fixture_add_window(trial, 0.5, 2);
        fixture_add_class(trial, "light", 1, 2);
        trial->load->latency.mean_ns = trial->load->latency.p50_ns = 1;
        trial->load->latency.p99_ns = trial->load->service.p99_ns = 2;
        invalidate(trial, FLAG_GENERATOR_SATURATED);
    }
    struct comparison comparison;
    comparison_make(&comparison, &results);
    const struct row *closed = &comparison.rows[0], *open = &comparison.rows[1];
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        enum metric_id metric = expected[i].metric;
        assert_int_equal(closed->estimates[metric].count, 1);
        assert_int_equal(closed->estimates[metric].bound, expected[i].closed);
        assert_int_equal(open->estimates[metric].bound, expected[i].open);
    }
    struct figure light = {METRIC_THROUGHPUT, 0}, light_p99 = {METRIC_LATENCY_P99, 0};
    assert_int_equal(row_estimate(closed, light)->bound, BOUND_AT_LEAST);
    assert_int_equal(row_estimate(closed, light_p99)->bound, BOUND_NOTHING);
    comparison_release(&comparison);
    results_release(&results);
}

/* A figure made of two has the doubts of both. */
static void test_bounds(void **state)
{
    (void)state;
    assert_int_equal(bound_join(BOUND_EXACT, BOUND_AT_MOST), BOUND_AT_MOST);
    assert_int_equal(bound_join(BOUND_AT_LEAST, BOUND_AT_LEAST), BOUND_AT_LEAST);
    assert_int_equal(bound_join(BOUND_AT_LEAST, BOUND_AT_MOST), BOUND_NOTHING);
    assert_int_equal(bound_join(BOUND_NOTHING, BOUND_EXACT), BOUND_NOTHING);
    static const enum bound inverse[BOUNDS] = {[BOUND_EXACT] = BOUND_EXACT,
                                               [BOUND_AT_LEAST] = BOUND_AT_MOST,
                                               [BOUND_AT_MOST] = BOUND_AT_LEAST,
                                               [BOUND_NOTHING] = BOUND_NOTHING};
    for (enum bound bound = 0; bound < BOUNDS; bound++)
        assert_int_equal(bound_inverse(bound), inverse[bound]);
}

static void test_classes(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", NULL};
    struct results results = fixture_results(2);
    fixture_add_scenario(&results, "mixed", CLASSES, models);
    for (uint64_t block = 1; block <= 2; block++) {
        struct trial_record *trial =
            fixture_add_trial(&results, "mixed", NULL, "event-loop", block, 100);
        fixture_add_class(trial, "heavy", 10e6, 20e6);
        fixture_add_class(trial, "light", (double)block, 5);
    }
    struct comparison comparison;
    comparison_make(&comparison, &results);
    const struct row *row = &comparison.rows[0];
    /* In the order of the scenario, not of the record. */
    assert_int_equal(row->class_count, 2);
    assert_string_equal(row->classes[0].name, "light");
    assert_string_equal(row->classes[1].name, "heavy");
    struct figure light = {METRIC_LATENCY_P50, 0}, heavy = {METRIC_LATENCY_P99, 1};
    assert_float_equal(row_estimate(row, light)->median, 1.5, 0);
    assert_float_equal(row_estimate(row, heavy)->median, 20e6, 0);
    struct figure all = {METRIC_THROUGHPUT, ALL_REQUESTS};
    assert_ptr_equal(row_estimate(row, all), &row->estimates[METRIC_THROUGHPUT]);
    comparison_release(&comparison);
    results_release(&results);
}

/* Blocks are compared pairwise; what only one of them has does not count. */
static void test_ratios(void **state)
{
    (void)state;
    struct results results = fixture_results(3);
    fixture_add_scenario(&results, "hello", HELLO, two_models);
    for (uint64_t block = 1; block <= 3; block++) {
        double scale = (double)block;
        fixture_add_window(
            fixture_add_trial(&results, "hello", NULL, "event-loop", block, 100 * scale),
            0.2, 1);
        if (block < 3)
            fixture_add_window(fixture_add_trial(&results, "hello", NULL, "thread-pool",
                                                 block, 50 * scale),
                               0.3, 1);
    }
    struct comparison comparison;
    comparison_make(&comparison, &results);
    const struct row *loop = &comparison.rows[0], *pool = &comparison.rows[1];
    struct figure throughput = {METRIC_THROUGHPUT, ALL_REQUESTS};
    struct ratio ratio = row_ratio(pool, loop, throughput, 0.95);
    assert_int_equal(ratio.pairs, 2);
    assert_float_equal(ratio.value, 0.5, 1e-12);
    /* CPU per request to that of the first row of the cell: 0.3/50 to 0.2/100. */
    comparison_release(&comparison);
    results_release(&results);
}

static void test_predictions(void **state)
{
    (void)state;
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "waits", WAITS, two_models);
    fixture_add_trial(&results, "waits", "10", "event-loop", 1, 190);
    struct comparison comparison;
    comparison_make(&comparison, &results);
    struct figure throughput = {METRIC_THROUGHPUT, ALL_REQUESTS};
    struct figure p99 = {METRIC_LATENCY_P99, ALL_REQUESTS};
    const struct prediction *prediction = row_prediction(&comparison.rows[0], throughput);
    assert_non_null(prediction);
    assert_float_equal(prediction->value, 200, 1e-9); /* 10 connections, 50 ms each */
    assert_null(row_prediction(&comparison.rows[0], p99));
    /* Nothing is predicted where nothing was measured. */
    assert_null(row_prediction(&comparison.rows[1], throughput));
    comparison_release(&comparison);
    results_release(&results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_what_a_full_generator_proves),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_which_trials_count),
        cmocka_unit_test(test_estimates),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_ratios),
        cmocka_unit_test(test_predictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
