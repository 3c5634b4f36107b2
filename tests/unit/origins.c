/* Trials of another build or machine: told apart by every part of their origin, marked
 * where a run is read, and shown in its tables; and what is said of invalid trials. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "record/run_notes.h"
#include "report/overview.h"
#include "report/tables.h"
#include "tests/unit/results_fixture.h"

#define HASH "3f2a91c40b7e55aa"

static struct origin begun = {
    .commit = (char[]){"d6daf35"},
    .binary_sha256 = (char[]){HASH},
    .libraries = (char[]){"libc 2.36"},
    .cpu = (char[]){"EPYC"},
    .cpus = (char[]){"0-1"},
    .kernel = (char[]){"6.1"},
};

static void test_every_part_is_compared(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *how;
        enum flag flag;
    } cases[] = {
        {"binary_sha256", "99",
         "build d6daf35 (binary 99) instead of d6daf35 (binary 3f2a91c40b7e)",
         FLAG_OTHER_BUILD},
        {"libraries", "libc 2.37", "libraries libc 2.37 instead of libc 2.36",
         FLAG_OTHER_BUILD},
        {"cpu", "Xeon", "CPU Xeon instead of EPYC", FLAG_OTHER_MACHINE},
        {"cpus", "0-3", "usable CPUs 0-3 instead of 0-1", FLAG_OTHER_MACHINE},
        {"kernel", NULL, "kernel unknown instead of 6.1", FLAG_OTHER_MACHINE},
        /* Of one binary there is one commit, whatever it is called. */
        {"commit", "v1", "", FLAGS},
    };
    size_t told = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct origin other;
        struct text how = {0};
        const struct record_field *field = origin_type.fields;
        record_copy(&origin_type, &other, &begun);
        while (strcmp(field->key, cases[i].key) != 0)
            field++;
        char **member = record_member(field, &other);
        free(*member);
        *member = cases[i].value ? memory_copy_string(cases[i].value) : NULL;
        assert_int_equal(origin_compare(&begun, &other, &how), cases[i].flag);
        assert_string_equal(text_string(&how), cases[i].how);
        text_release(&how);
        origin_release(&other);
        told++;
    }
    /* A part that is added has its row here. */
    size_t parts = 0;
    while (origin_type.fields[parts].key)
        parts++;
    assert_int_equal(told, parts);
}

static void test_what_is_not_recorded_is_another_origin(void **state)
{
    (void)state;
    struct text how = {0};
    assert_int_equal(origin_compare(NULL, NULL, &how), FLAGS);
    assert_int_equal(origin_compare(&begun, &begun, &how), FLAGS);
    assert_string_equal(text_string(&how), "");
    assert_int_equal(origin_compare(NULL, &begun, &how), FLAG_OTHER_BUILD);
    assert_string_equal(text_string(&how), "build d6daf35 (binary 3f2a91c40b7e) instead "
                                           "of a build that is not recorded");
    text_release(&how);
    assert_int_equal(origin_compare(&begun, NULL, &how), FLAG_OTHER_BUILD);
    text_release(&how);
}

/* Three trials of event-loop and three of thread-pool, of which some are changed. */
static struct results make_run(void)
{
    static const char *const models[] = {"event-loop", "thread-pool", NULL};
    struct results results = fixture_results(3);
    results.manifest.origin = origin_copy(&begun);
    fixture_add_scenario(&results, "hello",
                         "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]", models);
    for (uint64_t block = 1; block <= 3; block++)
        for (size_t m = 0; models[m]; m++)
            fixture_add_trial(&results, "hello", NULL, models[m], block, 100)->origin =
                origin_copy(&begun);
    return results;
}

static void set(char **member, const char *value)
{
    free(*member);
    *member = memory_copy_string(value);
}

static void test_a_mixture_is_marked(void **state)
{
    (void)state;
    struct results results = make_run();
    results_flag_origins(&results);
    assert_null(run_note_origins(&results));
    /* In order: the second and third blocks of event-loop, the third of thread-pool. */
    set(&results.trials[2].origin->binary_sha256, "99");
    set(&results.trials[4].origin->binary_sha256, "99");
    set(&results.trials[5].origin->kernel, "6.8");
    results_flag_origins(&results);
    assert_true(trial_has_flag(&results.trials[2], FLAG_OTHER_BUILD));
    assert_true(results.trials[2].valid);
    assert_true(trial_has_flag(&results.trials[5], FLAG_OTHER_MACHINE));
    assert_false(results.trials[5].valid);
    assert_int_equal(results.trials[1].flag_count, 0);
    char *note = run_note_origins(&results);
    assert_string_equal(note,
                        "Trials of 3 origins are in this run: 3 of what began it; 2 of "
                        "build d6daf35 (binary 99) instead of d6daf35 (binary "
                        "3f2a91c40b7e); 1 of kernel 6.8 instead of 6.1.");
    struct comparison comparison;
    comparison_make(&comparison, &results);
    assert_string_equal(comparison.rows[0].remarks, "other_build");
    /* Figures of two machines are never blended. */
    assert_string_equal(comparison.rows[1].why, "other_machine");
    assert_int_equal(comparison.rows[1].used_count, 2);
    struct overview overview;
    overview_derive(&overview, &comparison);
    for (enum table_style style = TABLE_TERMINAL; style <= TABLE_MARKDOWN; style++) {
        char *printed = NULL;
        size_t length = 0;
        FILE *file = open_memstream(&printed, &length);
        tables_print(&comparison, &overview, style, file);
        fclose(file);
        assert_non_null(strstr(printed, "with care: other_build (event-loop)"));
        assert_non_null(strstr(printed, "Trials of 3 origins are in this run: 3 of"));
        free(printed);
    }
    overview_release(&overview);
    comparison_release(&comparison);
    free(note);
    results_release(&results);
}

static void test_invalid_trials_are_counted_by_flag(void **state)
{
    (void)state;
    struct results results = make_run();
    assert_null(run_note_invalid(&results));
    for (size_t i = 0; i < 3; i++) {
        struct trial_record *trial = &results.trials[i];
        trial_raise(trial, FLAG_STEAL, FLAG_WARNING, "some");
        if (i == 0)
            trial_raise(trial, FLAG_SCHEDULE_LAG, FLAG_INVALID, "late");
        /* Raised twice, it is one trial's. */
        trial_raise(trial, FLAG_CONTENTION, FLAG_INVALID, "server");
        trial_raise(trial, FLAG_CONTENTION, FLAG_INVALID, "generator");
        trial->valid = false;
    }
    results.trials[3].status = TRIAL_FAILED;
    results.trials[3].valid = false;
    char *note = run_note_invalid(&results);
    assert_string_equal(note, "3 of 6 trials invalid: contention 3, schedule_lag 1");
    assert_int_equal(run_count_invalid(&results), 3);
    assert_int_equal(run_count_failed(&results), 1);
    free(note);
    results_release(&results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_part_is_compared),
        cmocka_unit_test(test_what_is_not_recorded_is_another_origin),
        cmocka_unit_test(test_a_mixture_is_marked),
        cmocka_unit_test(test_invalid_trials_are_counted_by_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
