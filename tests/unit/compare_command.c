/* compare_command.c - what the command `compare` tells of folders, and how it ends. */
#include "tests/test.h"

#include <unistd.h>

#include "base/json_document.h"
#include "commands/commands.h"
#include "tests/support/folder.h"
#include "tests/unit/command_fixture.h"
#include "tests/unit/folder_fixture.h"

#define HELLO "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]"
#define MORE                                                                             \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}],\"load\":{\"connections\":9}"

static const char *const two_models[] = {"event-loop", "thread-pool", NULL};

static void write_run(const char *name, const char *scenario, uint64_t blocks,
                      double factor, const char *cpu)
{
    struct results results = fixture_results(blocks);
    results.manifest.begun_utc =
        memory_printf("20%s-01-01T00:00:00Z", strcmp(name, "old") == 0 ? "25" : "26");
    fixture_add_scenario(&results, "hello", scenario, two_models);
    for (uint64_t block = 1; block <= blocks; block++)
        for (size_t i = 0; two_models[i]; i++)
            fixture_add_trial(&results, "hello", NULL, two_models[i], block,
                              1000 * factor * (double)(i + 1) + (double)block);
    char *path = memory_printf("%s/%s", folder, name);
    fixture_write(&results, path, cpu);
    free(path);
    results_release(&results);
}

static int make_runs(void **state)
{
    if (make_folder(state) < 0 || chdir(folder) < 0)
        return -1;
    write_run("old", HELLO, 6, 1, "one");
    write_run("slower", HELLO, 6, 0.9, "one");
    write_run("few", MORE, 3, 1, "one");
    write_run("elsewhere", HELLO, 6, 1, "another");
    return 0;
}

static void test_how_it_ends(void **state)
{
    (void)state;
    static const struct {
        const char *words[8];
        enum exit_code code;
        const char *printed;
    } cases[] = {
        {{"old", "old"}, EXIT_FINE, "The same in both"},
        {{"slower", "old"}, EXIT_FINE, "], worse (geometric mean over 2 cells)"},
        {{"slower", "old", "--threshold", "5%"}, EXIT_FAILED, "shown in 2 of 2 figures"},
        {{"slower", "old", "--threshold", "0.2", "--strict"}, EXIT_FINE, "excluded in 2"},
        {{"old", "slower", "--threshold", "5%"}, EXIT_FINE, "A is the earlier run"},
        {{"few", "old", "--threshold", "5%"}, EXIT_FINE, "not told in 2"},
        {{"few", "old", "--threshold", "5%", "--strict"},
         EXIT_INCONCLUSIVE,
         "no interval: it takes 6 trials of each, there are 3 and 6"},
        {{"few", "old"}, EXIT_FINE, "hello: load.connections"},
        {{"elsewhere", "old"}, EXIT_FINE, "are not comparable"},
        {{"elsewhere", "old", "--threshold", "5%", "--strict"},
         EXIT_INCONCLUSIVE,
         "cpu.model"},
        {{"old", "thread-pool", "event-loop"}, EXIT_FINE, "A is 1.99"},
        {{"old", "event-loop", "thread-pool", "--threshold", "5%"}, EXIT_FAILED, "worse"},
        {{"old", "event-loop", "prefork"}, EXIT_USAGE, "these did: event-loop"},
        {{"old"}, EXIT_USAGE, "give two runs"},
        {{"old", "printed"}, EXIT_USAGE, "cannot be compared"},
        {{"old", "old", "--scenario", "other"}, EXIT_USAGE, "no figure that both have"},
        {{"old", "old", "--metric", "throughput"},
         EXIT_USAGE,
         "did you mean throughput_rps?"},
        {{"old", "old", "--threshold", "5"}, EXIT_USAGE, "5% or 0.05"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int code = fixture_command(&compare_command, cases[i].words);
        if (code != (int)cases[i].code || !fixture_printed(cases[i].printed))
            fail_msg("compare %s %s: exit %d, or not printed: %s", cases[i].words[0],
                     cases[i].words[1], code, cases[i].printed);
    }
}

static void test_json(void **state)
{
    (void)state;
    static const char *const words[] = {"slower", "old",    "--threshold", "5%",
                                        "--json", "x.json", NULL};
    struct json_document document;
    struct error error;
    assert_int_equal(fixture_command(&compare_command, words), EXIT_FAILED);
    fixture_must(json_open_file(&document, "x.json", &error), &error);
    const cJSON *figure = json_at(document.root, "figures/1");
    assert_string_equal(json_string(document.root, "kind"), "runs");
    assert_string_equal(json_string(figure, "model"), "thread-pool");
    assert_string_equal(json_string(figure, "metric"), "throughput_rps");
    assert_string_equal(json_string(figure, "a_is"), "worse");
    assert_string_equal(json_string(figure, "regression"), "regression");
    assert_float_equal(json_number(figure, "ratio"), 0.9, 0.001);
    assert_float_equal(json_number(json_at(document.root, "means/0"), "cells"), 2, 0);
    json_close(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_how_it_ends),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, make_runs, NULL);
}
