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

/* A figure that the generator limited may be higher: it is never behind, and a best one
 * that is such a bound proves nobody as good. */
static void bounds_prove_what_they_prove(void **state)
{
    (void)state;
    static const double rates[][MODELS] = {{1000, 990, 700, 1010},
                                           {1000, 990, 990, 2000}};
    static const size_t bound[] = {2, 3};
    static const enum standing expected[][MODELS] = {
        {STANDING_AS_GOOD, STANDING_AS_GOOD, STANDING_OPEN, STANDING_BEST},
        {STANDING_BEHIND, STANDING_BEHIND, STANDING_BEHIND, STANDING_BEST}};
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct results results;
        make(&results, 6, rates[i]);
        for (size_t t = 0; t < results.trial_count; t++) {
            struct trial_record *trial = &results.trials[t];
            if (strcmp(trial->model, models[bound[i]]) != 0)
                continue;
            trial_raise(trial, FLAG_GENERATOR_SATURATED, FLAG_INVALID, "full");
            trial->valid = false;
        }
        expect_standings(&results, expected[i]);
        results_release(&results);
    }
}

static void a_cell_with_a_gap_does_not_count(void **state)
{
    (void)state;
    static const double rates[] = {1000, 990, 700, 1001};
    struct results results;
    make(&results, 6, rates);
    trial_raise(&results.trials[1], FLAG_STEAL, FLAG_INVALID, "stolen");
    results.trials[1].valid = false;
    struct comparison comparison;
    comparison_make(&comparison, &results);
    assert_null(ranking_gap(comparison.rows, MODELS, 5));
    assert_ptr_equal(ranking_gap(comparison.rows, MODELS, 6), &comparison.rows[1]);
    comparison_release(&comparison);
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
        cmocka_unit_test(a_cell_with_a_gap_does_not_count),
        cmocka_unit_test(noise_puts_nobody_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
