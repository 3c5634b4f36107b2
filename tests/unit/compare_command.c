/* compare_command.c - what the command `compare` tells of folders, and how it ends. */
#include "tests/test.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_document.h"
#include "commands/commands.h"
#include "tests/support/folder.h"
#include "tests/unit/command_fixture.h"
#include "tests/unit/folder_fixture.h"
#include "tests/unit/slices_fixture.h"

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
    fixture_write_below(&results, folder, name, cpu);
}

/* A run by turns: event-loop has so much more throughput than thread-pool, the first
 * contender; with `third` both of them had the load by turns with iterative. */
static void write_turns(const char *name, double factor, bool third)
{
    static const char *const labels[] = {"iterative", "thread-pool", "event-loop", NULL};
    const char *const *own = third ? labels : labels + 1;
    struct results results = fixture_results(6);
    results.experiment.slicing = (struct slicing){.count = 1, .slice_ns = NS_PER_S};
    fixture_add_scenario(&results, "hello", HELLO, own);
    for (uint64_t pair = 1; pair <= 6; pair++)
        for (size_t i = 0; own[i]; i++)
            fixture_add_turn(&results, "hello", NULL, own[0], own[i], pair,
                             (strcmp(own[i], "event-loop") == 0 ? factor : 1) *
                                 (1 + (pair % 2 ? 0.002 : -0.002)));
    fixture_write_below(&results, folder, name, "one");
}

static int make_runs(void **state)
{
    if (enter_folder(state) < 0)
        return -1;
    write_run("old", HELLO, 6, 1, "one");
    write_run("slower", HELLO, 6, 0.9, "one");
    write_run("few", MORE, 3, 1, "one");
    write_run("elsewhere", HELLO, 6, 1, "another");
    write_turns("turns", 1.42, false);
    write_turns("slower-turns", 1.2, false);
    write_turns("third", 1.42, true);
    return 0;
}

static void test_how_it_ends(void **state)
{
    (void)state;
    static const struct command_case cases[] = {
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
    fixture_try(&compare_command, cases, COUNT_OF(cases));
}

static void test_how_turns_end(void **state)
{
    (void)state;
    static const struct command_case cases[] = {
        {{"turns", "event-loop", "thread-pool"}, EXIT_FINE, "A is 1.420 times B [1.41"},
        {{"turns", "event-loop", "thread-pool"}, EXIT_FINE, "6 pairs of processes, seed"},
        {{"turns", "thread-pool", "event-loop", "--threshold", "5%"},
         EXIT_FAILED,
         "shown in 1 of 2 figures"},
        {{"turns", "event-loop", "thread-pool", "--threshold", "5%", "--strict"},
         EXIT_FINE,
         "excluded in 2"},
        {{"third", "event-loop", "thread-pool"},
         EXIT_USAGE,
         "did not have the load by turns with one another, each had it with iterative"},
        {{"slower-turns", "turns"}, EXIT_FINE, "event-loop to thread-pool"},
        {{"slower-turns", "turns", "--threshold", "5%"}, EXIT_FAILED, "A is 0.845 times"},
        {{"turns", "old"}, EXIT_USAGE, "runs of one kind can be compared"},
        {{"turns", "event-loop", "thread-pool", "--metric", "memory_total_bytes"},
         EXIT_USAGE,
         "by turns there can be throughput_rps"},
        {{"old", "old", "--repeat", "6"}, EXIT_USAGE, "without --slices"},
        {{"event-loop", "--slices"}, EXIT_USAGE, "two contenders"},
    };
    fixture_try(&compare_command, cases, COUNT_OF(cases));
}

/* What a run by turns leaves behind is ratios, and nothing that speaks of trials. */
static void test_files_of_turns(void **state)
{
    (void)state;
    static const char *const verified[] = {"turns", NULL};
    static const char *const absent[] = {"turns/samples.csv", "turns/comparison.csv",
                                         "turns/plots"};
    struct json_document document;
    struct error error;
    assert_int_equal(fixture_command(&verify_command, verified), EXIT_FINE);
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        assert_int_equal(access(absent[i], F_OK), -1);
    fixture_must(json_open_file(&document, "turns/comparison.json", &error), &error);
    assert_null(json_at(document.root, "rows"));
    const cJSON *ratio = json_at(document.root, "ratios/1");
    assert_string_equal(json_string(ratio, "first"), "thread-pool");
    assert_string_equal(json_string(ratio, "second"), "event-loop");
    const cJSON *throughput = json_at(ratio, "metrics/throughput_rps");
    assert_float_equal(json_number(throughput, "ratio"), 1.42, 0.001);
    assert_float_equal(json_number(throughput, "pairs"), 6, 0);
    json_close(&document);
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
        cmocka_unit_test(test_how_turns_end),
        cmocka_unit_test(test_files_of_turns),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, make_runs, NULL);
}
