/* reproduction.c - a run held against the samples of another one. */
#include "tests/test.h"

#include "analysis/reproduction.h"

#include <string.h>
#include <unistd.h>

#include "report/samples_csv.h"
#include "tests/support/folder.h"
#include "tests/support/near.h"
#include "tests/unit/folder_fixture.h"

#define HELLO "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]"
#define CLASSES                                                                          \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\",\"class\":\"light\"},"               \
    "{\"path\":\"/spin:1k\",\"class\":\"a, heavy one\"}],"                               \
    "\"sweep\":{\"variable\":\"connections\",\"values\":[1,10]}"

static const char *const three_models[] = {"event-loop", "thread-pool", "prefork", NULL};

/* Throughputs of event-loop, thread-pool and prefork: 1000, `pool` and 500 times
 * `machine`, which drifts, and with `noise` in what it does to the first. */
static struct results run_of(uint64_t blocks, double machine, double pool, double noise)
{
    static const double at[] = {0.3, -1, 0.8, -0.4, 1, -0.7};
    struct results results = fixture_results(blocks);
    fixture_add_scenario(&results, "hello", HELLO, three_models);
    for (uint64_t block = 1; block <= blocks; block++) {
        double drift = machine * (1 + 0.02 * (double)block);
        double own[] = {1e6 * (1 + noise * at[block % 6]), 1e3 * pool, 5e5};
        for (size_t i = 0; three_models[i]; i++)
            fixture_add_trial(&results, "hello", NULL, three_models[i], block,
                              drift * own[i]);
    }
    return results;
}

/* The samples of the run, through their file. */
static struct reference reference_of(const struct results *results)
{
    struct comparison comparison;
    struct reference reference;
    struct error error;
    FILE *file = fopen("samples.csv", "we");
    assert_non_null(file);
    comparison_make(&comparison, results);
    samples_csv_print(&comparison, file);
    comparison_release(&comparison);
    fclose(file);
    fixture_must(samples_csv_read(&reference, "samples.csv", &error), &error);
    return reference;
}

/* Every figure that a trial has comes back, and nothing else. */
static void test_samples_come_back(void **state)
{
    (void)state;
    static const char *const models[] = {"thread-pool:threads=4", NULL};
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "mixed", CLASSES, models);
    struct trial_record *trial =
        fixture_add_trial(&results, "mixed", "10", models[0], 1, 1234.5);
    trial->valid = false;
    trial->point.variable = memory_copy_string("connections");
    fixture_add_window(trial, 0.25, 3);
    fixture_add_class(trial, "light", 1.5e6, 2e6);
    fixture_add_class(trial, "a, heavy one", 1e7, 2.25e7);
    struct reference reference = reference_of(&results);
    size_t found = 0;
    static const char *const classes[] = {NULL, "light", "a, heavy one"};
    for (size_t c = 0; c < COUNT_OF(classes); c++)
        for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
            double value = metric_read(m, trial, classes[c]);
            if (!metric_is_filed(m, classes[c] != NULL) || !isfinite(value))
                continue;
            char *name = metric_file_name(m, classes[c]);
            const struct reference_sample *sample = &reference.samples[found++];
            assert_string_equal(sample->metric, name);
            expect_near(sample->value, value, 1e-8 * fabs(value));
            assert_string_equal(sample->trial, trial->id);
            assert_string_equal(sample->scenario, "mixed");
            assert_string_equal(sample->variable, "connections");
            assert_string_equal(sample->point, "10");
            assert_string_equal(sample->model, models[0]);
            assert_int_equal(sample->block, 1);
            assert_int_equal(sample->order, trial->order);
            assert_false(sample->valid);
            free(name);
        }
    assert_true(found > 5);
    assert_int_equal(reference.count, found);
    reference_release(&reference);
    results_release(&results);
}

static void test_what_are_no_samples(void **state)
{
    (void)state;
    static const char header[] =
        "trial,block,order,scenario,variable,point,model,valid,metric,value\n";
    static const char *const lines[] = {"t,1,1,s,,,m,true,x\n", "t,1,1,s,,,m,true,x,\n",
                                        "t,one,1,s,,,m,true,x,1\n",
                                        "t,1,1,s,,,m,true,x,1,2\n"};
    struct reference reference;
    struct error error;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        char *content = memory_printf("%s%s", header, lines[i]);
        fixture_must(file_write_atomic("bad.csv", content, strlen(content), &error),
                     &error);
        assert_int_equal(samples_csv_read(&reference, "bad.csv", &error), -EINVAL);
        assert_non_null(strstr(error.text, "bad.csv:2: "));
        free(content);
    }
    fixture_must(file_write_atomic("bad.csv", "a,b\n", 4, &error), &error);
    assert_int_equal(samples_csv_read(&reference, "bad.csv", &error), -EINVAL);
    assert_true(samples_csv_read(&reference, "absent.csv", &error) < 0);
}

/* One run here, one there: what is said of thread-pool's ratio, and of prefork's. */
static void expect_words(struct results here, struct results there,
                         enum reproduction_word of_pool,
                         enum reproduction_word of_prefork, const char *why)
{
    struct reference reference = reference_of(&there);
    struct comparison comparison;
    struct reproduction reproduction;
    comparison_make(&comparison, &here);
    reproduction_make(&reproduction, &comparison, &reference);
    assert_int_equal(reproduction.count, 2);
    assert_string_equal(reproduction.ratios[0].to->contender->label, "event-loop");
    assert_int_equal(reproduction.ratios[0].word, of_pool);
    assert_int_equal(reproduction.ratios[1].word, of_prefork);
    if (why)
        assert_string_equal(reproduction.ratios[0].why, why);
    else
        assert_null(reproduction.ratios[0].why);
    for (size_t i = 0; i < reproduction.count; i++) {
        bool open = reproduction.ratios[i].word == REPRODUCTION_INCONCLUSIVE ||
                    reproduction.ratios[i].word == REPRODUCTION_DIRECTION_ONLY;
        if (open && !reproduction.ratios[i].why)
            assert_true(reproduction.ratios[i].blocks_needed > 6);
    }
    assert_int_equal(reproduction_count(&reproduction, of_pool),
                     1 + (of_pool == of_prefork));
    reproduction_release(&reproduction);
    comparison_release(&comparison);
    reference_release(&reference);
    results_release(&here);
    results_release(&there);
}

/* Twice as fast a machine is no matter: ratios are held against each other. */
static void test_another_machine(void **state)
{
    (void)state;
    expect_words(run_of(6, 2, 700, 0.01), run_of(8, 1, 700, 0.01),
                 REPRODUCTION_REPRODUCED, REPRODUCTION_REPRODUCED, NULL);
}

/* Doctored by 15 %: that ratio is contradicted, the other one is not. */
static void test_a_doctored_reference(void **state)
{
    (void)state;
    for (int up = 0; up < 2; up++)
        expect_words(run_of(6, 1, 700, 0.01),
                     run_of(6, 1, up ? 700 * 1.15 : 700 / 1.15, 0.01),
                     REPRODUCTION_CONTRADICTED, REPRODUCTION_REPRODUCED, NULL);
}

/* With much noise the size of a ratio is open; who is ahead may be known all the same. */
static void test_open_ones(void **state)
{
    (void)state;
    expect_words(run_of(6, 1, 990, 0.2), run_of(6, 1, 990, 0.2),
                 REPRODUCTION_INCONCLUSIVE, REPRODUCTION_DIRECTION_ONLY, NULL);
}

/* An open loop at another rate has other throughputs. */
static void test_another_rate(void **state)
{
    (void)state;
    struct results here = run_of(6, 1, 800, 0.01);
    here.experiment.scenarios[0].scenario.scale.rate = 0.5;
    expect_words(here, run_of(6, 1, 400, 0.01), REPRODUCTION_NOT_EVALUATED,
                 REPRODUCTION_NOT_EVALUATED, "requests come at 0.50 times the rate here");
}

static void test_too_few(void **state)
{
    (void)state;
    expect_words(run_of(6, 1, 700, 0.01), run_of(1, 1, 700, 0.01),
                 REPRODUCTION_INCONCLUSIVE, REPRODUCTION_INCONCLUSIVE,
                 "the reference has 1 trial, it takes 6");
    expect_words(run_of(3, 1, 700, 0.01), run_of(6, 1, 700, 0.01),
                 REPRODUCTION_INCONCLUSIVE, REPRODUCTION_INCONCLUSIVE,
                 "this run has 3 trials, it takes 6");
}

static void test_what_cannot_be_had_here(void **state)
{
    (void)state;
    struct results here = run_of(6, 1, 700, 0.01);
    for (size_t i = 0; i < here.trial_count; i++)
        if (strcmp(here.trials[i].model, "thread-pool") == 0) {
            trial_raise(&here.trials[i], FLAG_STEAL, FLAG_INVALID, "so");
            here.trials[i].valid = false;
        }
    expect_words(here, run_of(6, 1, 700, 0.01), REPRODUCTION_NOT_EVALUATED,
                 REPRODUCTION_REPRODUCED, "thread-pool: steal");
}

static void test_claims(void **state)
{
    (void)state;
    static const struct {
        int here, there; /* enum verdict_word; -1: none */
        enum reproduction_word found;
    } cases[] = {
        {VERDICT_SUPPORTED, VERDICT_SUPPORTED, REPRODUCTION_REPRODUCED},
        {VERDICT_REFUTED, VERDICT_REFUTED, REPRODUCTION_REPRODUCED},
        {VERDICT_REFUTED, VERDICT_SUPPORTED, REPRODUCTION_CONTRADICTED},
        {VERDICT_SUPPORTED, VERDICT_REFUTED, REPRODUCTION_CONTRADICTED},
        {VERDICT_SUPPORTED, VERDICT_INCONCLUSIVE, REPRODUCTION_INCONCLUSIVE},
        {VERDICT_INCONCLUSIVE, VERDICT_SUPPORTED, REPRODUCTION_INCONCLUSIVE},
        {VERDICT_SUPPORTED, -1, REPRODUCTION_INCONCLUSIVE},
        {VERDICT_SUPPORTED, VERDICT_NOT_TESTABLE, REPRODUCTION_INCONCLUSIVE},
        {VERDICT_NOT_TESTABLE, VERDICT_SUPPORTED, REPRODUCTION_NOT_TESTABLE},
        {VERDICT_NOT_EVALUATED, VERDICT_REFUTED, REPRODUCTION_NOT_EVALUATED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct claim_verdict here = {.word = cases[i].here},
                             there = {.word = cases[i].there};
        assert_int_equal(
            reproduction_of_verdicts(&here, cases[i].there < 0 ? NULL : &there),
            cases[i].found);
    }
}

static int forget_folder(void **state)
{
    (void)state;
    free(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_come_back),
        cmocka_unit_test(test_what_are_no_samples),
        cmocka_unit_test(test_another_machine),
        cmocka_unit_test(test_a_doctored_reference),
        cmocka_unit_test(test_open_ones),
        cmocka_unit_test(test_another_rate),
        cmocka_unit_test(test_too_few),
        cmocka_unit_test(test_what_cannot_be_had_here),
        cmocka_unit_test(test_claims),
    };
    return cmocka_run_group_tests(tests, enter_folder, forget_folder);
}
