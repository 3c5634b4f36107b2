/* run_noise.c - contenders that are measured twice: what their pairs tell, and that they
 * stand nowhere else. */
#include "analysis/run_noise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/comparison_json.h"
#include "report/overview.h"
#include "report/tables.h"
#include "tests/support/near.h"
#include "tests/unit/results_fixture.h"

#define HELLO "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]"

enum { BLOCKS = 6 };

/* As in noise_floor.c: the spread of their logarithms, and the floor of six. */
static const double ratios[BLOCKS] = {1.012, 0.991, 1.02, 0.998, 1.007, 1.015};
static const double spread = 0.0108509862, noise_floor = 0.0114524951;

static const char *const two_models[] = {"event-loop", "thread-pool", NULL};

/* The trials of a scenario in which event-loop is so many times as fast as its twin. */
static void add_scenario(struct results *results, const char *name, double exponent,
                         uint64_t blocks)
{
    fixture_add_scenario(results, name, HELLO, two_models);
    for (uint64_t block = 1; block <= blocks; block++) {
        double ratio = pow(ratios[block - 1], exponent);
        fixture_add_trial(results, name, NULL, "event-loop", block, 1000 * ratio);
        fixture_add_trial(results, name, NULL, "event-loop (again)", block, 1000);
        fixture_add_trial(results, name, NULL, "thread-pool", block, 700);
    }
}

/* After all scenarios, as when a configuration is read. */
static void add_twins(struct results *results)
{
    struct experiment *run = &results->experiment;
    for (size_t i = 0; i < run->scenario_count; i++)
        experiment_add_twin(run, &run->scenarios[i], run->scenarios[i].contenders[0]);
}

static struct run_noise noise_of(const struct results *results)
{
    struct comparison comparison;
    struct run_noise noise;
    comparison_make(&comparison, results);
    run_noise_make(&noise, &comparison);
    comparison_release(&comparison);
    return noise;
}

static void expect_note(const struct run_noise *noise, const char *expected)
{
    char *note = run_noise_note(noise);
    assert_string_equal(note, expected);
    free(note);
}

/* One cell leans one way and another the other: both spread alike, and the mean is 1. */
static void test_cells_are_pooled(void **state)
{
    (void)state;
    struct results results = fixture_results(BLOCKS);
    add_scenario(&results, "one", 1, BLOCKS);
    add_scenario(&results, "other", -1, BLOCKS);
    add_twins(&results);
    struct run_noise noise = noise_of(&results);
    const struct noise_floor *throughput = &noise.of[METRIC_THROUGHPUT];
    assert_int_equal(noise.cells, 2);
    assert_int_equal(noise.blocks, BLOCKS);
    assert_int_equal(throughput->pairs, BLOCKS);
    expect_digits(throughput->spread, spread);
    expect_digits(throughput->floor, noise_floor);
    expect_near(throughput->interval.low, 1, 1e-9);
    expect_near(throughput->interval.high, 1, 1e-9);
    assert_true(isnan(noise.of[METRIC_CPU_PER_REQUEST].floor));
    expect_note(&noise, "Noise floor (A/A, 6 blocks): req/s 1.1 %");
    assert_null(run_noise_suspicion(&noise));
    results_release(&results);
}

static void expect_not_counted(const struct results *results, const char *expected)
{
    struct comparison comparison;
    struct overview overview;
    comparison_make(&comparison, results);
    overview_derive(&overview, &comparison);
    assert_true(overview.words);
    assert_string_equal(overview.not_counted ? overview.not_counted : "", expected);
    overview_release(&overview);
    comparison_release(&comparison);
}

/* Root mean square; and what differs from itself in every block is suspect. */
static void test_what_is_suspect(void **state)
{
    (void)state;
    struct results results = fixture_results(BLOCKS);
    add_scenario(&results, "one", 1, BLOCKS);
    add_scenario(&results, "double", 2, BLOCKS);
    add_twins(&results);
    assert_false(noise_of(&results).of[METRIC_THROUGHPUT].suspect);
    expect_not_counted(&results, "");
    expect_digits(noise_of(&results).of[METRIC_THROUGHPUT].spread, spread * sqrt(2.5));
    for (size_t i = 0; i < results.trial_count; i++)
        if (strcmp(results.trials[i].model, "event-loop") == 0)
            results.trials[i].load->throughput_rps *= 1.02;
    struct run_noise noise = noise_of(&results);
    assert_true(noise.of[METRIC_THROUGHPUT].suspect);
    char *suspicion = run_noise_suspicion(&noise);
    assert_non_null(strstr(suspicion, "nothing is to be concluded from req/s [1.01"));
    free(suspicion);
    expect_not_counted(&results, "one (req/s: a contender differs from itself); "
                                 "double (req/s: a contender differs from itself)");
    results_release(&results);
}

/* What would be suspect alone is not where two figures are told: one of them is so by
 * chance too often. */
static void test_suspicion_is_shared(void **state)
{
    (void)state;
    struct results results = fixture_results(BLOCKS);
    add_scenario(&results, "one", 1, BLOCKS);
    add_twins(&results);
    for (size_t i = 0; i < results.trial_count; i++)
        if (strcmp(results.trials[i].model, "event-loop") == 0)
            results.trials[i].load->throughput_rps *= 1.0055;
    assert_true(noise_of(&results).of[METRIC_THROUGHPUT].suspect);
    for (size_t i = 0; i < results.trial_count; i++)
        fixture_add_window(&results.trials[i], 0.25, 3);
    struct run_noise noise = noise_of(&results);
    assert_true(isfinite(noise.of[METRIC_CPU_PER_REQUEST].floor));
    assert_false(noise.of[METRIC_THROUGHPUT].suspect);
    results_release(&results);
}

/* Bounds and invalid trials are no pairs. */
static void test_pairs_that_do_not_count(void **state)
{
    (void)state;
    struct results results = fixture_results(BLOCKS);
    add_scenario(&results, "one", 1, BLOCKS);
    add_scenario(&results, "limited", 9, BLOCKS);
    add_twins(&results);
    for (size_t i = 0; i < results.trial_count; i++)
        if (strcmp(results.trials[i].scenario, "limited") == 0)
            trial_raise(&results.trials[i], FLAG_GENERATOR_SATURATED, FLAG_WARNING,
                        "full");
    expect_digits(noise_of(&results).of[METRIC_THROUGHPUT].spread, spread);
    results.trials[0].valid = false;
    struct run_noise noise = noise_of(&results);
    assert_true(isnan(noise.of[METRIC_THROUGHPUT].floor));
    assert_false(noise.of[METRIC_THROUGHPUT].suspect);
    results_release(&results);
}

static void test_few_blocks(void **state)
{
    (void)state;
    struct results results = fixture_results(3);
    add_scenario(&results, "one", 1, 3);
    assert_int_equal(noise_of(&results).cells, 0);
    assert_null(run_noise_note(&(struct run_noise){0}));
    add_twins(&results);
    struct run_noise noise = noise_of(&results);
    expect_note(&noise,
                "Noise floor: not known, for A/A takes 6 blocks with valid pairs, "
                "and there are 3");
    assert_true(isnan(noise.of[METRIC_THROUGHPUT].floor));
    results_release(&results);
}

/* A twin is in no row, ranking or summary; what it tells has a table of its own. */
static void test_twins_are_not_shown(void **state)
{
    (void)state;
    struct results results = fixture_results(BLOCKS);
    struct comparison comparison;
    struct overview overview;
    add_scenario(&results, "one", 1, BLOCKS);
    add_twins(&results);
    comparison_make(&comparison, &results);
    overview_derive(&overview, &comparison);
    assert_int_equal(comparison.row_count, 2);
    assert_int_equal(comparison.twin_count, 1);
    assert_true(comparison.twins[0].contender->again);
    assert_int_equal(comparison.twins[0].used_count, BLOCKS);
    assert_int_equal(overview.row_count, 2);
    for (enum table_style style = TABLE_TERMINAL; style <= TABLE_MARKDOWN; style++) {
        char *text = NULL;
        size_t length = 0;
        FILE *file = open_memstream(&text, &length);
        tables_print(&comparison, &overview, style, file);
        fclose(file);
        assert_null(strstr(text, "(again)"));
        assert_non_null(strstr(text, "Smallest effect found"));
        assert_non_null(strstr(text, "is measured twice (event-loop)"));
        free(text);
    }
    cJSON *json = comparison_to_json(&comparison, &overview);
    const cJSON *noise = json_at(json_at(json, "noise"), "metrics");
    const cJSON *throughput = json_at(noise, "throughput_rps");
    expect_digits(json_number(throughput, "floor"), noise_floor);
    assert_true(cJSON_IsFalse(json_at(throughput, "suspect")));
    char *printed = json_print(json);
    assert_null(strstr(printed, "(again)"));
    free(printed);
    cJSON_Delete(json);
    overview_release(&overview);
    comparison_release(&comparison);
    results_release(&results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_are_pooled),
        cmocka_unit_test(test_what_is_suspect),
        cmocka_unit_test(test_suspicion_is_shared),
        cmocka_unit_test(test_pairs_that_do_not_count),
        cmocka_unit_test(test_few_blocks),
        cmocka_unit_test(test_twins_are_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
