/* contrast.c - two sides held against each other, from results that are made in memory;
 * by turns: contrast_by_turns.c. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

#include "tests/support/near.h"
#include "tests/unit/contrast_fixture.h"

#define SWEEP                                                                            \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}],"                                  \
    "\"sweep\":{\"variable\":\"connections\",\"values\":[1,10]}"
#define CLASSES                                                                          \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\",\"class\":\"light\"},"               \
    "{\"path\":\"/spin:1k\",\"class\":\"heavy\"}]"

static const char *const one_model[] = {"event-loop", NULL};

/* A run of one contender with these throughputs, a block each. */
static struct results run_of(const double *throughputs, size_t count)
{
    struct results results = fixture_results(count);
    fixture_add_scenario(&results, "hello", HELLO, one_model);
    for (size_t i = 0; i < count; i++)
        fixture_add_trial(&results, "hello", NULL, "event-loop", i + 1, throughputs[i]);
    return results;
}

/* A run of two contenders, of which the first has `factor` times the throughput of the
 * second, give or take `noise`, while the machine drifts by a fifth. */
static struct results drifting_run(uint64_t blocks, double factor, double noise)
{
    struct results results = fixture_results(blocks);
    fixture_add_scenario(&results, "hello", HELLO, two_models);
    for (uint64_t block = 1; block <= blocks; block++) {
        double machine = 1e6 * (1 + 0.2 * (double)block / (double)blocks);
        double own = factor * (1 + (block % 2 ? noise : -noise));
        fixture_add_trial(&results, "hello", NULL, "event-loop", block, machine * own);
        fixture_add_trial(&results, "hello", NULL, "thread-pool", block, machine);
    }
    return results;
}

static void test_contenders_are_paired(void **state)
{
    (void)state;
    struct results results = drifting_run(6, 1.42, 0.01);
    struct comparison comparison;
    struct contrast contrast;
    contenders_of(&contrast, &comparison, &results, "event-loop", "thread-pool");
    assert_int_equal(contrast.line_count, 1); /* nothing but throughput was measured */
    const struct contrast_line *line = &contrast.lines[0];
    /* ln 1.01 and ln 0.99 by turns: mean -0.0000500, s 0.0109548, t 2.570582. */
    expect_near(line->ratio, 1.419929, 1e-6);
    expect_near(line->interval.low, 1.403698, 1e-6);
    expect_near(line->interval.high, 1.436347, 1e-6);
    assert_int_equal(line->trials_a, 6);
    assert_string_equal(contrast_word(line), "better");
    assert_int_equal(contrast.mean_count, 1);
    expect_near(contrast.means[0].ratio, line->ratio, 1e-12);
    contrast_release_all(&contrast, &comparison, &results);
}

static void test_no_interval_of_few(void **state)
{
    (void)state;
    struct results results = drifting_run(5, 2, 0.01);
    struct comparison comparison;
    struct contrast contrast;
    contenders_of(&contrast, &comparison, &results, "event-loop", "thread-pool");
    contrast_judge(&contrast, 0.05);
    expect_near(contrast.lines[0].ratio, 2, 0.01);
    assert_false(contrast.lines[0].interval.exists);
    assert_string_equal(contrast_word(&contrast.lines[0]), "");
    assert_int_equal(contrast.lines[0].answer, RANGE_NOT_TOLD);
    contrast_release_all(&contrast, &comparison, &results);
}

static void test_runs_are_independent(void **state)
{
    (void)state;
    struct two_runs runs = {.results = {run_of(sample_here, COUNT_OF(sample_here)),
                                        run_of(sample_there, COUNT_OF(sample_there))}};
    struct contrast_selection selection = usual_selection();
    struct contrast contrast;
    two_runs_compare(&runs);
    runs_of(&contrast, &runs, true, &selection);
    assert_int_equal(contrast.line_count, 1);
    expect_sample_ratio(&contrast.lines[0]);
    contrast_release(&contrast);
    /* Of different machines figures have no ratio. */
    runs_of(&contrast, &runs, false, &selection);
    assert_non_null(contrast.lines[0].gap);
    assert_true(isnan(contrast.lines[0].ratio));
    assert_int_equal(contrast.mean_count, 0);
    contrast_release(&contrast);
    two_runs_release(&runs);
}

/* What is judged depends on the direction in which a figure is better. */
static void test_regressions(void **state)
{
    (void)state;
    static const struct {
        double throughput, p99; /* of A, as shares of B's */
        enum range_answer of_throughput, of_p99;
    } cases[] = {
        {0.9, 1.1, RANGE_OUTSIDE, RANGE_OUTSIDE},
        {1.1, 0.9, RANGE_WITHIN, RANGE_WITHIN},
        {1, 1, RANGE_WITHIN, RANGE_WITHIN},
        {0.95, 1.05, RANGE_NOT_TOLD, RANGE_NOT_TOLD},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct results results = drifting_run(8, cases[i].throughput, 0.01);
        for (size_t t = 0; t < results.trial_count; t += 2) {
            double noise = t % 4 ? 1.01 : 0.99;
            results.trials[t].load->latency.p99_ns = 1e6 * cases[i].p99 * noise;
            results.trials[t + 1].load->latency.p99_ns = 1e6;
        }
        struct comparison comparison;
        struct contrast contrast;
        contenders_of(&contrast, &comparison, &results, "event-loop", "thread-pool");
        contrast_judge(&contrast, 0.05);
        assert_int_equal(contrast.line_count, 2);
        assert_int_equal(contrast.lines[0].answer, cases[i].of_throughput);
        assert_int_equal(contrast.lines[1].answer, cases[i].of_p99);
        contrast_release_all(&contrast, &comparison, &results);
    }
}

/* A throughput that the generator limited is at least so much: it can be shown to be no
 * regression, and never to be one. */
static void test_bounds_show_one_side(void **state)
{
    (void)state;
    static const struct {
        double factor;
        bool of_a; /* that side is limited */
        const char *word;
        enum range_answer answer;
    } cases[] = {
        {1.2, true, "better", RANGE_WITHIN},
        {0.8, true, "~", RANGE_NOT_TOLD},
        {1.2, false, "~", RANGE_NOT_TOLD},
        {0.8, false, "worse", RANGE_OUTSIDE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct results results = drifting_run(6, cases[i].factor, 0.01);
        for (size_t t = cases[i].of_a ? 0 : 1; t < results.trial_count; t += 2) {
            trial_raise(&results.trials[t], FLAG_GENERATOR_SATURATED, FLAG_INVALID, "so");
            results.trials[t].valid = false;
        }
        struct comparison comparison;
        struct contrast contrast;
        contenders_of(&contrast, &comparison, &results, "event-loop", "thread-pool");
        contrast_judge(&contrast, 0.05);
        assert_string_equal(contrast_word(&contrast.lines[0]), cases[i].word);
        assert_int_equal(contrast.lines[0].answer, cases[i].answer);
        assert_int_equal(contrast.mean_count, 0); /* no mean of bounds */
        contrast_release_all(&contrast, &comparison, &results);
    }
}

static void test_what_is_not_paired(void **state)
{
    (void)state;
    struct two_runs runs = {.results = {fixture_results(1), fixture_results(1)}};
    fixture_add_scenario(&runs.results[0], "hello", HELLO, two_models);
    fixture_add_scenario(&runs.results[1], "hello", HELLO, one_model);
    fixture_add_scenario(&runs.results[1], "sweep", SWEEP, one_model);
    fixture_add_trial(&runs.results[0], "hello", NULL, "event-loop", 1, 100);
    struct contrast_selection selection = usual_selection();
    struct contrast contrast;
    two_runs_compare(&runs);
    runs_of(&contrast, &runs, true, &selection);
    assert_int_equal(contrast.line_count, 0);
    assert_int_equal(contrast.unpaired.count, 4);
    assert_true(is_told(&contrast, "hello, event-loop: not measured yet in B"));
    assert_true(is_told(&contrast, "hello, thread-pool: only in A"));
    assert_true(is_told(&contrast, "sweep, connections 1, event-loop: only in B"));
    assert_true(is_told(&contrast, "sweep, connections 10, event-loop: only in B"));
    contrast_release(&contrast);
    struct words chosen = {0};
    words_add(&chosen, "sweep");
    selection.scenarios = &chosen;
    runs_of(&contrast, &runs, true, &selection);
    assert_int_equal(contrast.unpaired.count, 2);
    contrast_release(&contrast);
    words_release(&chosen);
    two_runs_release(&runs);
}

/* Over cells it is the geometric mean, of each figure and class by itself. */
static void test_means(void **state)
{
    (void)state;
    struct results results = fixture_results(6);
    fixture_add_scenario(&results, "hello", HELLO, two_models);
    fixture_add_scenario(&results, "mixed", CLASSES, two_models);
    for (uint64_t block = 1; block <= 6; block++) {
        double of_block = 1000 + (double)block;
        fixture_add_trial(&results, "hello", NULL, "event-loop", block, 4 * of_block);
        fixture_add_trial(&results, "hello", NULL, "thread-pool", block, of_block);
        for (int i = 0; i < 2; i++) {
            struct trial_record *trial = fixture_add_trial(
                &results, "mixed", NULL, two_models[i], block, of_block);
            fixture_add_class(trial, "light", 1e6, i ? 2e6 : 1e6);
        }
    }
    struct comparison comparison;
    struct contrast contrast;
    contenders_of(&contrast, &comparison, &results, "event-loop", "thread-pool");
    assert_int_equal(contrast.line_count, 3);
    assert_int_equal(contrast.mean_count, 2);
    expect_near(contrast.means[0].ratio, 2, 1e-9); /* of 4 and 1 */
    assert_int_equal(contrast.means[0].cells, 2);
    assert_int_equal(contrast.means[0].trials_a, 6);
    assert_string_equal(contrast.means[1].class_name, "light");
    expect_near(contrast.means[1].ratio, 0.5, 1e-9);
    contrast_release_all(&contrast, &comparison, &results);
}

static void test_who_took_no_part(void **state)
{
    (void)state;
    static const double one[] = {1};
    struct results results = run_of(one, 1);
    struct comparison comparison;
    struct contrast contrast;
    struct error error;
    assert_true(try_contenders(&contrast, &comparison, &results, "event-loop", "prefork",
                               &error) < 0);
    assert_string_equal(error.text,
                        "\"prefork\" took no part in the run; these did: event-loop");
    comparison_release(&comparison);
    results_release(&results);
}

/* Of one run a percentile has the interval that its samples give, no ratio has one. */
static void test_loads(void **state)
{
    (void)state;
    struct load_result loads[2];
    for (size_t i = 0; i < COUNT_OF(loads); i++) {
        struct histogram values;
        histogram_init(&values);
        for (uint64_t n = 1; n <= 1000; n++)
            histogram_record(&values, n * (i + 1) * 1000);
        load_result_init(&loads[i]);
        loads[i].throughput_rps = 1000;
        record_release(&distribution_type, &loads[i].latency);
        distribution_init(&loads[i].latency, i == 0);
        distribution_merge(&loads[i].latency, &values);
        distribution_summarise(&loads[i].latency);
        histogram_release(&values);
    }
    struct contrast_selection selection = usual_selection();
    struct contrast contrast;
    contrast_of_loads(&contrast, &loads[0], &loads[1], &selection);
    contrast_judge(&contrast, 0.5);
    assert_int_equal(contrast.line_count, 2);
    const struct contrast_line *p99 = &contrast.lines[1];
    assert_int_equal(p99->metric, METRIC_LATENCY_P99);
    expect_near(p99->ratio, 0.5, 0.005);
    /* Ranks 983 and 997 of 1000 enclose it, by sums of binomial probabilities. */
    expect_near(p99->a.interval.low, 983e3, 1000);
    expect_near(p99->a.interval.high, 997e3, 1000);
    assert_false(p99->interval.exists);
    assert_int_equal(p99->answer, RANGE_NOT_TOLD);
    contrast_release(&contrast);
    loads[1].valid = false;
    contrast_of_loads(&contrast, &loads[0], &loads[1], &selection);
    assert_string_equal(contrast.lines[0].gap, "B must not be used");
    contrast_release(&contrast);
    for (size_t i = 0; i < COUNT_OF(loads); i++)
        load_result_release(&loads[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contenders_are_paired),
        cmocka_unit_test(test_no_interval_of_few),
        cmocka_unit_test(test_runs_are_independent),
        cmocka_unit_test(test_regressions),
        cmocka_unit_test(test_bounds_show_one_side),
        cmocka_unit_test(test_what_is_not_paired),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_who_took_no_part),
        cmocka_unit_test(test_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
