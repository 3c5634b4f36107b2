/* contrast_by_turns.c - contenders that had the load by turns, held against each other:
 * from results that are made in memory. */
#include "tests/test.h"

#include <math.h>
#include <string.h>

#include "tests/support/near.h"
#include "tests/unit/contrast_fixture.h"
#include "tests/unit/slices_fixture.h"

/* A ratio that every other pair of processes has so much more of, the others less. */
struct made_ratio {
    double mean, noise;
};

static double ratio_of_pair(struct made_ratio ratio, uint64_t pair)
{
    return ratio.mean * (1 + (pair % 2 ? ratio.noise : -ratio.noise));
}

/* Adds pairs of processes of all contenders of a scenario: the first one, which has the
 * ratio `itself` to itself, against each. */
static void add_pairs(struct results *results, const char *scenario,
                      const char *const *labels, uint64_t pairs, struct made_ratio ratio,
                      struct made_ratio itself)
{
    fixture_add_scenario(results, scenario, HELLO, labels);
    for (uint64_t pair = 1; pair <= pairs; pair++)
        for (size_t i = 0; labels[i]; i++)
            fixture_add_turn(results, scenario, NULL, labels[0], labels[i], pair,
                             ratio_of_pair(i ? ratio : itself, pair));
}

static struct results run_by_turns(const char *const *labels, uint64_t pairs,
                                   struct made_ratio ratio, struct made_ratio itself)
{
    struct results results = fixture_results(pairs);
    results.experiment.slicing = (struct slicing){.count = 1, .slice_ns = 1};
    add_pairs(&results, "hello", labels, pairs, ratio, itself);
    return results;
}

static const char *const loop_against_pool[] = {"thread-pool", "event-loop", NULL};
static const char *const two_against_one[] = {"iterative", "event-loop", "thread-pool",
                                              NULL};
static const struct made_ratio quiet = {1, 0.002};

/* In either order: what was measured is event-loop / thread-pool. */
static void test_contenders(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *word;
        double ratio, low, high;
    } cases[] = {
        /* ln 1.01 and ln 0.99 by turns: mean -0.0000500, s 0.0109548, t 2.570582. */
        {"event-loop", "thread-pool", "better", 1.419929, 1.403698, 1.436347},
        {"thread-pool", "event-loop", "worse", 0.704261, 0.696210, 0.712404},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct results results =
            run_by_turns(loop_against_pool, 6, (struct made_ratio){1.42, 0.01}, quiet);
        struct comparison comparison;
        struct contrast contrast;
        contenders_of(&contrast, &comparison, &results, cases[i].a, cases[i].b);
        assert_true(contrast.by_turns);
        assert_int_equal(contrast.line_count, 2); /* and CPU per request */
        const struct contrast_line *line = &contrast.lines[0];
        assert_int_equal(line->metric, METRIC_THROUGHPUT);
        expect_near(line->ratio, cases[i].ratio, 1e-6);
        expect_near(line->interval.low, cases[i].low, 1e-6);
        expect_near(line->interval.high, cases[i].high, 1e-6);
        assert_int_equal(line->trials_a, 6);
        assert_string_equal(contrast_word(line), cases[i].word);
        /* ln 1.002 and ln 0.998: exp(t s / sqrt(6)) - 1. */
        expect_near(contrast_noise_floor(line), 0.00230185, 1e-8);
        expect_near(contrast.means[0].ratio, line->ratio, 1e-12);
        expect_near(contrast_noise_floor(&contrast.means[0]), 0.00230185, 1e-8);
        assert_string_equal(contrast_word(&contrast.lines[1]), "~"); /* alike in both */
        assert_int_equal(contrast.unpaired.count, 0);
        contrast_release_all(&contrast, &comparison, &results);
    }
}

/* What noise is no regression, and neither is anything where the instrument is suspect.
 */
static void test_noise_and_threshold(void **state)
{
    (void)state;
    static const struct {
        struct made_ratio ratio, itself;
        double threshold;
        const char *word;
        enum range_answer answer;
    } cases[] = {
        {{0.99, 0.001}, {1, 0.001}, 0.005, "worse", RANGE_OUTSIDE},
        {{0.99, 0.001}, {1, 0.020}, 0.005, "~", RANGE_NOT_TOLD},
        {{0.99, 0.001}, {1.01, 0.001}, 0.005, "suspect", RANGE_NOT_TOLD},
        {{0.99, 0.001}, {1, 0.020}, 0.050, "~", RANGE_WITHIN},
        {{0.90, 0.010}, {1, 0.002}, 0.050, "worse", RANGE_OUTSIDE},
        {{1.10, 0.010}, {1, 0.002}, 0.050, "better", RANGE_WITHIN},
        {{0.95, 0.010}, {1, 0.002}, 0.050, "worse", RANGE_NOT_TOLD},
        {{1.00, 0.010}, {1, 0.002}, 0.050, "~", RANGE_WITHIN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct results results =
            run_by_turns(loop_against_pool, 6, cases[i].ratio, cases[i].itself);
        struct comparison comparison;
        struct contrast contrast;
        contenders_of(&contrast, &comparison, &results, "event-loop", "thread-pool");
        contrast_judge(&contrast, cases[i].threshold);
        assert_string_equal(contrast_word(&contrast.lines[0]), cases[i].word);
        assert_int_equal(contrast.lines[0].answer, cases[i].answer);
        contrast_release_all(&contrast, &comparison, &results);
    }
}

static void test_no_interval_of_few(void **state)
{
    (void)state;
    struct results results =
        run_by_turns(loop_against_pool, 5, (struct made_ratio){1.42, 0.01}, quiet);
    struct comparison comparison;
    struct contrast contrast;
    contenders_of(&contrast, &comparison, &results, "event-loop", "thread-pool");
    expect_near(contrast.lines[0].ratio, 1.42, 0.01);
    assert_false(contrast.lines[0].interval.exists);
    assert_string_equal(contrast_word(&contrast.lines[0]), "");
    contrast_release_all(&contrast, &comparison, &results);
}

/* Each had the load by turns with a third one: that is no pair of these two. Where they
 * did meet, in another scenario, they are compared. */
static void test_common_first_alone(void **state)
{
    (void)state;
    struct results results =
        run_by_turns(two_against_one, 6, (struct made_ratio){1.42, 0.01}, quiet);
    struct comparison comparison;
    struct contrast contrast;
    struct error error;
    assert_true(try_contenders(&contrast, &comparison, &results, "event-loop",
                               "thread-pool", &error) < 0);
    assert_non_null(strstr(error.text, "not have the load by turns with one another"));
    assert_non_null(strstr(error.text, "had it with iterative"));
    comparison_release(&comparison);
    add_pairs(&results, "other", loop_against_pool, 6, (struct made_ratio){0.5, 0.01},
              quiet);
    contenders_of(&contrast, &comparison, &results, "event-loop", "thread-pool");
    expect_near(contrast.lines[0].ratio, 0.5, 0.001);
    assert_string_equal(contrast.lines[0].row->scenario->name, "other");
    assert_true(is_told(&contrast, "hello, event-loop: had the load by turns with "
                                   "iterative, not with B"));
    contrast_release_all(&contrast, &comparison, &results);
}

/* Over cells it is the geometric mean, of the noise as well. */
static void test_means(void **state)
{
    (void)state;
    struct results results =
        run_by_turns(loop_against_pool, 6, (struct made_ratio){4, 0.01}, quiet);
    add_pairs(&results, "other", loop_against_pool, 6, (struct made_ratio){1, 0.01},
              (struct made_ratio){1, 0.006});
    struct comparison comparison;
    struct contrast contrast;
    contenders_of(&contrast, &comparison, &results, "event-loop", "thread-pool");
    expect_near(contrast.means[0].ratio, 2, 0.001);
    assert_int_equal(contrast.means[0].cells, 2);
    /* Of logarithms that are on average as far apart as those of 0.004 alone. */
    expect_near(contrast_noise_floor(&contrast.means[0]), 0.00460903, 1e-8);
    contrast_release_all(&contrast, &comparison, &results);
}

static void test_what_must_not_be_used(void **state)
{
    (void)state;
    struct results results =
        run_by_turns(loop_against_pool, 6, (struct made_ratio){1.42, 0.01}, quiet);
    for (size_t i = 1; i < results.trial_count; i += 2) {
        trial_raise(&results.trials[i], FLAG_CONTENTION, FLAG_INVALID, "so");
        results.trials[i].valid = false;
    }
    struct comparison comparison;
    struct contrast contrast;
    contenders_of(&contrast, &comparison, &results, "event-loop", "thread-pool");
    assert_non_null(contrast.lines[0].gap);
    assert_true(isnan(contrast.lines[0].ratio));
    assert_int_equal(contrast.mean_count, 0);
    assert_true(is_told(&contrast, "hello, event-loop: 6 pairs of processes must not be "
                                   "used: contention"));
    contrast_release_all(&contrast, &comparison, &results);
}

/* ---- runs ------------------------------------------------------------------------- */

/* event-loop has so many thousandths of thread-pool's throughput. */
static struct results run_of(const double *thousandths, size_t count)
{
    struct results results = run_by_turns(loop_against_pool, 0, quiet, quiet);
    results.experiment.repeat = count;
    for (uint64_t pair = 1; pair <= count; pair++) {
        fixture_add_turn(&results, "hello", NULL, "thread-pool", "thread-pool", pair,
                         ratio_of_pair(quiet, pair));
        fixture_add_turn(&results, "hello", NULL, "thread-pool", "event-loop", pair,
                         thousandths[pair - 1] / 1000);
    }
    return results;
}

/* The ratio of the one run to that of the other. */
static void test_runs(void **state)
{
    (void)state;
    struct two_runs runs = {.results = {run_of(sample_here, COUNT_OF(sample_here)),
                                        run_of(sample_there, COUNT_OF(sample_there))}};
    struct contrast_selection selection = usual_selection();
    struct contrast contrast;
    two_runs_compare(&runs);
    runs_of(&contrast, &runs, false, &selection); /* ratios travel */
    assert_int_equal(contrast.line_count, 2);
    const struct contrast_line *line = &contrast.lines[0];
    assert_string_equal(line->row->contender->label, "event-loop");
    assert_string_equal(line->to, "thread-pool");
    expect_near(line->a.value, 1.014301, 1e-6); /* geometric means */
    expect_near(line->b.value, 0.931515, 1e-6);
    expect_sample_ratio(line);
    assert_string_equal(contrast_word(line), "better");
    expect_near(contrast_noise_floor(line), 0.0025, 0.0005);
    assert_int_equal(contrast.unpaired.count, 0);
    contrast_release(&contrast);
    two_runs_release(&runs);
}

static void test_runs_that_differ(void **state)
{
    (void)state;
    static const char *const pool_against_loop[] = {"event-loop", "thread-pool", NULL};
    struct two_runs runs = {
        .results = {run_by_turns(two_against_one, 6, quiet, quiet),
                    run_by_turns(pool_against_loop, 6, quiet, quiet)}};
    struct contrast_selection selection = usual_selection();
    struct contrast contrast;
    struct error error;
    two_runs_compare(&runs);
    runs_of(&contrast, &runs, true, &selection);
    assert_int_equal(contrast.line_count, 0);
    assert_true(is_told(&contrast, "hello, thread-pool: had the load by turns with "
                                   "iterative in A, with event-loop in B"));
    contrast_release(&contrast);
    runs.results[1].experiment.slicing.count = 0;
    assert_true(contrast_of_runs(&contrast, &runs.a, &runs.b, true, &selection, &error) <
                0);
    assert_string_equal(error.text,
                        "A is a run by turns, which knows ratios alone, and B is one of "
                        "whole trials: runs of one kind can be compared");
    two_runs_release(&runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contenders),
        cmocka_unit_test(test_noise_and_threshold),
        cmocka_unit_test(test_no_interval_of_few),
        cmocka_unit_test(test_common_first_alone),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_what_must_not_be_used),
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_runs_that_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
