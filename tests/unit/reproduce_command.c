/* reproduce_command.c - a run that is there, held against references of several kinds. */
#include "tests/test.h"

#include <unistd.h>

#include "commands/commands.h"
#include "record/load_scaling.h"
#include "tests/support/folder.h"
#include "tests/unit/command_fixture.h"
#include "tests/unit/folder_fixture.h"

#define HELLO "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]"

static const char *const two_models[] = {"event-loop", "thread-pool", NULL};

/* thread-pool has `share` of event-loop's throughput. */
static void write_run(const char *name, uint64_t blocks, double share, const char *cpu)
{
    struct results results = fixture_results(blocks);
    fixture_add_scenario(&results, "hello", HELLO, two_models);
    for (uint64_t block = 1; block <= blocks; block++)
        for (size_t i = 0; two_models[i]; i++)
            fixture_add_trial(&results, "hello", NULL, two_models[i], block,
                              (i ? share : 1) * 1e6 + (double)(block * (i + 1) % 5));
    fixture_write_below(&results, folder, name, cpu);
}

/* What it repeats had half as many connections. */
static void scale_run(const char *name)
{
    struct load_scaling scaling;
    struct error error;
    load_scaling_init(&scaling, "elsewhere/b");
    struct scaled_load *load = load_scaling_add(&scaling, "hello");
    load->connections = 2;
    load->why = memory_copy_string("because");
    char *path = memory_printf("%s/%s/scaling.json", folder, name);
    fixture_must(record_write_file(&load_scaling_type, &scaling, path, &error), &error);
    free(path);
    load_scaling_release(&scaling);
}

static int make_runs(void **state)
{
    if (enter_folder(state) < 0)
        return -1;
    write_run("run", 6, 0.7, "one");
    write_run("elsewhere/b", 8, 0.7, "another");
    write_run("elsewhere/c", 6, 0.5, "another");
    write_run("doctored", 6, 0.7 * 1.15, "one");
    write_run("single", 1, 0.7, "one");
    write_run("scaled", 6, 0.7, "one");
    scale_run("scaled");
    return 0;
}

static void test_how_it_ends(void **state)
{
    (void)state;
    static const struct command_case cases[] = {
        {{"run", "--results", "run"}, EXIT_FINE, "1 reproduced"},
        {{"elsewhere/b", "--results", "run"}, EXIT_FINE, "are different machines"},
        {{"--results", "run", "--references", "elsewhere"},
         EXIT_FINE,
         "elsewhere/b there"},
        {{"doctored", "--results", "run"}, EXIT_FAILED, "1 contradicted"},
        {{"single", "--results", "run"},
         EXIT_FINE,
         "the reference has 1 trial, it takes 6"},
        {{"single", "--results", "run", "--strict"}, EXIT_INCONCLUSIVE, "1 inconclusive"},
        {{"absent", "--results", "run"}, EXIT_USAGE, "absent/samples.csv"},
        {{"--results", "run", "--references", "run"}, EXIT_USAGE, "name a reference"},
        {{"run", "--results", "absent"}, EXIT_USAGE, "absent/manifest.json"},
        {{"run", "single"}, EXIT_USAGE, "give one reference"},
        {{"run", "--results", "run"}, EXIT_FINE, "They are the scenarios' own"},
        {{"run", "--results", "scaled"},
         EXIT_FINE,
         "Loads there are those of elsewhere/b"},
        {{"scaled", "--results", "run"}, EXIT_USAGE, "with other loads (hello)"},
    };
    fixture_try(&reproduce_command, cases, COUNT_OF(cases));
    /* The page is part of the results, and summed with them. */
    static const char *const words[] = {"run", NULL};
    assert_int_equal(access("run/reproduction.md", F_OK), 0);
    assert_int_equal(fixture_command(&verify_command, words), EXIT_FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_how_it_ends)};
    return cmocka_run_group_tests(tests, make_runs, NULL);
}
