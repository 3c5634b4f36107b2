/* Words of the ranking: who is as good as the best, who is behind, and that noise alone
 * puts nobody behind. */
#include "tests/test.h"

#include "analysis/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/unit/results_fixture.h"

#define HELLO "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]"

static const char *const models[] = {"event-loop", "thread-pool", "iterative", "epoll",
                                     NULL};
#define MODELS 4

static void make(struct results *results, uint64_t blocks, const double *rates)
{
    *results = fixture_results(blocks);
    fixture_add_scenario(results, "hello", HELLO, models);
    for (uint64_t block = 1; block <= blocks; block++)
        for (size_t m = 0; m < MODELS; m++)
            fixture_add_trial(results, "hello", NULL, models[m], block,
                              rates[m] * (1 + 0.002 * (double)((block + m) % 3)));
}

static void expect_standings(const struct results *results, const enum standing *expected)
{
    struct comparison comparison;
    enum standing standings[MODELS];
    comparison_make(&comparison, results);
    size_t count = ranking_cell_size(&comparison, comparison.rows);
    assert_int_equal(count, MODELS);
    ranking_standings(&comparison, comparison.rows, count, standings);
    for (size_t m = 0; m < MODELS; m++)
        if (standings[m] != expected[m])
            fail_msg("%s is \"%s\", not \"%s\"", models[m], standing_words[standings[m]],
                     standing_words[expected[m]]);
    comparison_release(&comparison);
}

static void words_follow_the_margin(void **state)
{
    (void)state;
    static const double rates[] = {1000, 990, 700, 1001};
    static const enum standing expected[] = {STANDING_AS_GOOD, STANDING_AS_GOOD,
                                             STANDING_BEHIND, STANDING_BEST};
    struct results results;
    make(&results, 6, rates);
    expect_standings(&results, expected);
    results_release(&results);
}

static void fewer_trials_have_no_words(void **state)
{
    (void)state;
    static const double rates[] = {1000, 990, 700, 1001};
    static const enum standing expected[] = {STANDING_NONE, STANDING_NONE, STANDING_NONE,
                                             STANDING_NONE};
    struct results results;
    make(&results, 5, rates);
    expect_standings(&results, expected);
    results_release(&results);
}

/* Of all trials of a model. */
static void change(struct results *results, size_t model,
                   void (*as)(struct trial_record *trial))
{
    for (size_t t = 0; t < results->trial_count; t++)
        if (strcmp(results->trials[t].model, models[model]) == 0)
            as(&results->trials[t]);
}

static void fill_generator(struct trial_record *trial)
{
    trial_raise(trial, FLAG_GENERATOR_SATURATED, FLAG_INVALID, "full");
    trial->valid = false;
}

/* A figure that the generator limited may be higher: it is never behind, and beside one
 * nobody is the best or as good. Where it is the highest nobody is as good. */
static void bounds_prove_what_they_prove(void **state)
{
    (void)state;
    static const double rates[][MODELS] = {
        {1000, 990, 700, 1010}, {1000, 700, 900, 1010}, {1000, 990, 990, 2000}};
    static const size_t bound[] = {2, 2, 3};
    static const enum standing expected[][MODELS] = {
        {STANDING_OPEN, STANDING_OPEN, STANDING_OPEN, STANDING_OPEN},
        {STANDING_OPEN, STANDING_BEHIND, STANDING_OPEN, STANDING_OPEN},
        {STANDING_BEHIND, STANDING_BEHIND, STANDING_BEHIND, STANDING_BEST}};
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct results results;
        make(&results, 6, rates[i]);
        change(&results, bound[i], fill_generator);
        expect_standings(&results, expected[i]);
        results_release(&results);
    }
}

#define OPEN                                                                             \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/wait:5ms\"}],"                          \
    "\"load\":{\"rate\":1000,\"connections\":50}"

/* An open loop of six blocks, with these p99 of the models in milliseconds. */
static void make_open(struct results *results, const double *p99_ms)
{
    *results = fixture_results(6);
    fixture_add_scenario(results, "open", OPEN, models);
    for (uint64_t block = 1; block <= 6; block++)
        for (size_t m = 0; m < MODELS; m++)
            fixture_add_trial(results, "open", NULL, models[m], block, 1000)
                ->load->latency.p99_ns =
                p99_ms[m] * 1e6 * (1 + 0.002 * (double)((block + m) % 3));
}

static void give_up(struct trial_record *trial)
{
    fixture_mark_at_least(&trial->load->latency, "p99");
}

/* The latency of a trial whose generator was full is the generator's: it is not behind
 * with a bad one, nor the best with a good one, and the cell does not count. */
static void latency_of_a_full_generator_proves_nothing(void **state)
{
    (void)state;
    static const double p99_ms[][MODELS] = {{10, 10.1, 30, 9.9}, {10, 10.1, 2, 9.9}};
    static const enum standing expected[] = {STANDING_AS_GOOD, STANDING_AS_GOOD,
                                             STANDING_OUT, STANDING_BEST};
    for (size_t i = 0; i < COUNT_OF(p99_ms); i++) {
        struct results results;
        make_open(&results, p99_ms[i]);
        change(&results, 2, fill_generator);
        expect_standings(&results, expected);
        struct comparison comparison;
        comparison_make(&comparison, &results);
        struct figure p99 = ranking_contest(&comparison, comparison.rows);
        const struct row *gap = ranking_gap(&comparison, comparison.rows, 6);
        assert_ptr_equal(gap, &comparison.rows[2]);
        char *reason = ranking_gap_reason(gap, p99);
        assert_string_equal(reason, "generator_saturated");
        free(reason);
        comparison_release(&comparison);
        results_release(&results);
    }
}

/* A latency that is at least so much can be behind, and is never the best. */
static void latencies_that_are_bounds(void **state)
{
    (void)state;
    static const double p99_ms[][MODELS] = {{10, 10.1, 30, 9.9}, {10, 10.1, 2, 9.9}};
    static const enum standing expected[][MODELS] = {
        {STANDING_AS_GOOD, STANDING_AS_GOOD, STANDING_BEHIND, STANDING_BEST},
        {STANDING_AS_GOOD, STANDING_AS_GOOD, STANDING_OPEN, STANDING_BEST}};
    for (size_t i = 0; i < COUNT_OF(p99_ms); i++) {
        struct results results;
        make_open(&results, p99_ms[i]);
        change(&results, 2, give_up);
        expect_standings(&results, expected[i]);
        results_release(&results);
    }
}

/* In which direction a share of the best and a ratio to it may err. */
static void shares_and_ratios_are_bounds(void **state)
{
    (void)state;
    static const double rates[] = {1000, 990, 700, 1010};
    static const struct {
        size_t bound; /* of these models the generator was the limit; MODELS: of none */
        enum bound share[MODELS], ratio[MODELS];
    } expected[] = {
        {MODELS, {0}, {0}},
        /* One that may be better than the best makes each share of it smaller. */
        {2,
         {BOUND_AT_MOST, BOUND_AT_MOST, BOUND_AT_LEAST, BOUND_AT_MOST},
         {BOUND_EXACT, BOUND_EXACT, BOUND_AT_LEAST, BOUND_EXACT}},
        {3,
         {BOUND_AT_MOST, BOUND_AT_MOST, BOUND_AT_MOST, BOUND_EXACT},
         {BOUND_AT_MOST, BOUND_AT_MOST, BOUND_AT_MOST, BOUND_EXACT}},
    };
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        struct results results;
        struct comparison comparison;
        make(&results, 6, rates);
        if (expected[i].bound < MODELS)
            change(&results, expected[i].bound, fill_generator);
        comparison_make(&comparison, &results);
        const struct row *rows = comparison.rows;
        struct figure contest = ranking_contest(&comparison, rows);
        const struct row *best = ranking_best(&comparison, rows, contest);
        assert_ptr_equal(best, &rows[3]);
        for (size_t m = 0; m < MODELS; m++) {
            struct share share = ranking_share(&comparison, &rows[m], best, contest);
            struct best_ratio ratio = ranking_ratio(&comparison, &rows[m], contest);
            assert_true(fabs(share.value - rates[m] / rates[3]) < 1e-9);
            assert_int_equal(share.bound, expected[i].share[m]);
            assert_ptr_equal(ratio.best, best);
            assert_int_equal(ratio.bound, expected[i].ratio[m]);
        }
        comparison_release(&comparison);
        results_release(&results);
    }
}

static void spoil(struct trial_record *trial)
{
    trial_raise(trial, FLAG_CONTENTION, FLAG_INVALID, "busy");
    trial->valid = false;
}

/* What must not be used is held against nothing, be it the row's own or the best's. */
/* Where the rate was searched for it is the contest, whatever the throughput at it.
 * Beside one whose search ended at the generator's limit nobody is the best. */
static void a_capacity_is_the_contest(void **state)
{
    (void)state;
    static const double kept_rps[] = {1000, 990, 700, 500};
    static const enum standing found[] = {STANDING_BEST, STANDING_AS_GOOD,
                                          STANDING_BEHIND, STANDING_BEHIND};
    static const enum standing limited[] = {STANDING_OPEN, STANDING_OPEN, STANDING_BEHIND,
                                            STANDING_OPEN};
    for (int end = CAPACITY_FOUND; end <= CAPACITY_GENERATOR_LIMIT;
         end += CAPACITY_GENERATOR_LIMIT - CAPACITY_FOUND) {
        struct results results = fixture_results(6);
        fixture_add_scenario(&results, "hello",
                             HELLO ",\"load\":{\"rate\":9,\"capacity\":{"
                                   "\"percentile\":99,\"limit\":\"50ms\"}}",
                             models);
        for (uint64_t block = 1; block <= 6; block++)
            for (size_t m = 0; m < MODELS; m++) {
                struct trial_record *trial =
                    fixture_add_trial(&results, "hello", NULL, models[m], block, 77);
                trial->capacity = memory_allocate_zeroed(1, sizeof *trial->capacity);
                trial->capacity->outcome = m == 3 ? end : (int)CAPACITY_FOUND;
                trial->capacity->rps =
                    kept_rps[m] * (1 + 0.002 * (double)((block + m) % 3));
                trial->capacity->missed_rps = 1.05 * trial->capacity->rps;
            }
        struct comparison comparison;
        comparison_make(&comparison, &results);
        assert_int_equal(ranking_contest(&comparison, comparison.rows).metric,
                         METRIC_CAPACITY_KEPT);
        comparison_release(&comparison);
        expect_standings(&results, end == CAPACITY_FOUND ? found : limited);
        results_release(&results);
    }
}

static void invalid_figures_have_no_ratio(void **state)
{
    (void)state;
    static const double rates[] = {1000, 990, 700, 2000};
    struct results results;
    struct comparison comparison;
    make(&results, 6, rates);
    change(&results, 3, spoil);
    comparison_make(&comparison, &results);
    struct figure contest = ranking_contest(&comparison, comparison.rows);
    const struct row *rows = comparison.rows;
    assert_ptr_equal(ranking_best(&comparison, rows, contest), &rows[0]);
    assert_null(ranking_ratio(&comparison, &rows[3], contest).best);
    assert_ptr_equal(ranking_ratio(&comparison, &rows[1], contest).best, &rows[0]);
    comparison_release(&comparison);
    /* Of the best by throughput p99 is the generator's. */
    for (size_t t = 0; t < results.trial_count; t++)
        results.trials[t].load->latency.p99_ns = 5e6;
    change(&results, 0, fill_generator);
    comparison_make(&comparison, &results);
    rows = comparison.rows;
    struct figure p99 = {METRIC_LATENCY_P99, ALL_REQUESTS};
    assert_int_equal(ranking_ratio(&comparison, &rows[1], contest).bound, BOUND_AT_MOST);
    assert_null(ranking_ratio(&comparison, &rows[1], p99).best);
    comparison_release(&comparison);
    results_release(&results);
}

/* Who loses requests is out, and needs no p99; who has too few samples is a gap. */
static void a_missing_figure_is_a_gap(void **state)
{
    (void)state;
    static const double p99_ms[] = {10, 10.1, (double)NAN, 9.9};
    struct results results;
    struct comparison comparison;
    make_open(&results, p99_ms);
    comparison_make(&comparison, &results);
    struct figure p99 = ranking_contest(&comparison, comparison.rows);
    const struct row *gap = ranking_gap(&comparison, comparison.rows, 1);
    assert_ptr_equal(gap, &comparison.rows[2]);
    char *reason = ranking_gap_reason(gap, p99);
    assert_string_equal(reason, "p99 in 0 of 6 trials");
    free(reason);
    comparison_release(&comparison);
    for (size_t t = 0; t < results.trial_count; t++)
        if (strcmp(results.trials[t].model, models[2]) == 0)
            results.trials[t].load->counts.ended[OUTCOME_TIMEOUT] = 5000;
    comparison_make(&comparison, &results);
    assert_null(ranking_gap(&comparison, comparison.rows, 6));
    comparison_release(&comparison);
    results_release(&results);
}

/* Takes the trial of a model in the first block away. */
static void steal(struct results *results, size_t model)
{
    trial_raise(&results->trials[model], FLAG_STEAL, FLAG_INVALID, "stolen");
    results->trials[model].valid = false;
}

/* One that lacks a trial is open, and leaves the others what they are; nothing is told of
 * a cell whose best one lacks it. */
static void a_cell_takes_enough_trials_of_its_best(void **state)
{
    (void)state;
    static const double rates[] = {1000, 990, 700, 1001};
    static const enum standing with_the_best[] = {STANDING_AS_GOOD, STANDING_AS_GOOD,
                                                  STANDING_OPEN, STANDING_BEST};
    static const enum standing without[] = {STANDING_NONE, STANDING_NONE, STANDING_NONE,
                                            STANDING_NONE};
    struct results results;
    struct comparison comparison;
    make(&results, 6, rates);
    steal(&results, 2);
    comparison_make(&comparison, &results);
    assert_null(ranking_gap(&comparison, comparison.rows, 6));
    comparison_release(&comparison);
    expect_standings(&results, with_the_best);
    steal(&results, 3);
    comparison_make(&comparison, &results);
    assert_null(ranking_gap(&comparison, comparison.rows, 5));
    assert_ptr_equal(ranking_gap(&comparison, comparison.rows, 6), &comparison.rows[3]);
    comparison_release(&comparison);
    expect_standings(&results, without);
    results_release(&results);
}

/* Four identical models with a noise of 3 %: 400 runs of six blocks. A fixed margin on
 * medians calls some of them worse in most runs. */
static void noise_puts_nobody_behind(void **state)
{
    (void)state;
    struct random random;
    size_t behind = 0;
    random_seed(&random, 1);
    for (int run = 0; run < 400; run++) {
        struct results results = fixture_results(6);
        fixture_add_scenario(&results, "hello", HELLO, models);
        for (uint64_t block = 1; block <= 6; block++)
            for (size_t m = 0; m < MODELS; m++) {
                double noise = 0; /* normal enough */
                for (int i = 0; i < 12; i++)
                    noise += random_unit(&random) - 0.5;
                fixture_add_trial(&results, "hello", NULL, models[m], block,
                                  1000 * exp(0.03 * noise));
            }
        struct comparison comparison;
        enum standing standings[MODELS];
        comparison_make(&comparison, &results);
        ranking_standings(&comparison, comparison.rows, MODELS, standings);
        for (size_t m = 0; m < MODELS; m++)
            behind += standings[m] == STANDING_BEHIND;
        comparison_release(&comparison);
        results_release(&results);
    }
    assert_true(behind <= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_follow_the_margin),
        cmocka_unit_test(fewer_trials_have_no_words),
        cmocka_unit_test(bounds_prove_what_they_prove),
        cmocka_unit_test(latency_of_a_full_generator_proves_nothing),
        cmocka_unit_test(latencies_that_are_bounds),
        cmocka_unit_test(shares_and_ratios_are_bounds),
        cmocka_unit_test(a_capacity_is_the_contest),
        cmocka_unit_test(invalid_figures_have_no_ratio),
        cmocka_unit_test(a_missing_figure_is_a_gap),
        cmocka_unit_test(a_cell_takes_enough_trials_of_its_best),
        cmocka_unit_test(noise_puts_nobody_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
