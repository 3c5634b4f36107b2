/* tables.c - the printed tables, from results that are made in memory. */
#include "tests/test.h"

#include "report/tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/results_fixture.h"

/* What is printed of the results, on the heap. */
static char *print(const struct results *results, enum table_style style)
{
    struct comparison comparison;
    struct overview overview;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    assert_non_null(file);
    comparison_make(&comparison, results);
    overview_derive(&overview, &comparison);
    tables_print(&comparison, &overview, style, file);
    overview_release(&overview);
    comparison_release(&comparison);
    fclose(file);
    return text;
}

static void expect_lines(const char *text, const char *const *lines)
{
    for (size_t i = 0; lines[i]; i++) {
        const char *found = strstr(text, lines[i]);
        if (!found)
            fail_msg("\"%s\" is not in, or not in this order in:\n%s", lines[i], text);
        text = found + strlen(lines[i]);
    }
}

static void expect_printed(const struct results *results, enum table_style style,
                           const char *const *lines)
{
    char *text = print(results, style);
    expect_lines(text, lines);
    free(text);
}

#define HELLO "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]"

static const char *const two_models[] = {"event-loop", "other", NULL};

static void test_one_trial(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", "thread-pool", NULL};
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "waits",
                         "\"family\":\"f\",\"requests\":[{\"path\":\"/wait:50ms\"}],"
                         "\"load\":{\"connections\":10},\"sweep\":{\"variable\":"
                         "\"connections\",\"values\":[10]}",
                         models);
    struct trial_record *loop =
        fixture_add_trial(&results, "waits", "10", "event-loop", 1, 190);
    loop->load->latency.mean_ns = 52.6e6;
    loop->load->latency.p50_ns = 51.2e6;
    loop->load->latency.p99_ns = 60e6;
    fixture_mark_at_least(&loop->load->latency, "p99");
    fixture_add_window(loop, 0.02, 2);
    struct trial_record *pool =
        fixture_add_trial(&results, "waits", "10", "thread-pool", 1, 200);
    pool->load->latency.mean_ns = pool->load->latency.p50_ns = 50e6;
    fixture_add_window(pool, 0.04, 17);
    static const char *const terminal[] = {
        "\nwaits: Title of waits\nWhat of waits?\n\n",
        "connections  model        req/s  theory      p50      p99     mean  cores  "
        "CPU/req  threads\n",
        "         10  event-loop     190     200  51.2 ms  >=60 ms  52.6 ms   0.02   "
        "105 us        2\n",
        "             thread-pool    200     200    50 ms        -    50 ms   0.04   "
        "200 us       17\n",
        "\nSummary\n\n",
        "Indicative: one trial of each, so no intervals",
        ">=, <=: at least, at most so much. A figure with \"!\" must not be used.",
        "context switches. lag: how late a loop comes.",
        "Profile quick, seed 7. More columns: comparison.md; all: comparison.json.\n",
        NULL};
    expect_printed(&results, TABLE_TERMINAL, terminal);
    /* Theory of more figures, and the ratio. */
    static const char *const markdown[] = {
        "# Comparison of concurrency models\n",
        "## waits: Title of waits\n\n",
        "| connections | model       | req/s | theory | ratio |     p50 |     p99 "
        "|    mean | theory | cores | CPU/req | ratio | threads |\n",
        "|          10 | event-loop  |   190 |    200 |  0.95 | 51.2 ms | >=60 ms "
        "| 52.6 ms |  50 ms |  0.02 |  105 us |  0.53 |       2 |\n",
        "|             | thread-pool |   200 |    200 |     1 |   50 ms |       - "
        "|   50 ms |  50 ms |  0.04 |  200 us |     1 |      17 |\n",
        NULL};
    expect_printed(&results, TABLE_MARKDOWN, markdown);
    results_release(&results);
}

/* The interval: on the terminal of headlines alone, in per cent. */
static void test_intervals(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", NULL};
    struct results results = fixture_results(6);
    fixture_add_scenario(&results, "hello", HELLO, models);
    for (uint64_t block = 1; block <= 6; block++) {
        struct trial_record *trial = fixture_add_trial(
            &results, "hello", NULL, "event-loop", block, (double)(990 + 5 * block));
        trial->load->latency.p50_ns = 1e6;
        trial->load->latency.p99_ns = 2e6 + 1e5 * (double)block;
    }
    static const char *const terminal[] = {
        "model              req/s   p50            p99\n",
        "event-loop  1.01k ±1.2 %  1 ms  2.35 ms ±11 %\n",
        "Medians of 6 trials with the 96.9 % interval of the median.\n", NULL};
    expect_printed(&results, TABLE_TERMINAL, terminal);
    static const char *const markdown[] = {
        "| event-loop | 1.01k [995, 1.02k] | 1 ms [1 ms, 1 ms] | 2.35 ms [2.1 ms, 2.6 "
        "ms] |\n",
        NULL};
    expect_printed(&results, TABLE_MARKDOWN, markdown);
    results_release(&results);
}

/* Latencies of all requests give way to those of the classes. Errors and restarts have a
 * column where there are some. */
static void test_classes_and_errors(void **state)
{
    (void)state;
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "mixed",
                         "\"family\":\"f\",\"requests\":[{\"path\":\"/\",\"class\":"
                         "\"light\"},{\"path\":\"/wait:1ms\",\"class\":\"slow\"}]",
                         two_models);
    struct trial_record *loop =
        fixture_add_trial(&results, "mixed", NULL, "event-loop", 1, 1000);
    loop->load->latency.p50_ns = 3e6;
    fixture_add_class(loop, "light", 1e6, 2e6);
    fixture_add_class(loop, "slow", 10e6, NAN);
    struct trial_record *other =
        fixture_add_trial(&results, "mixed", NULL, "other", 1, 900);
    other->load->counts.ended[OUTCOME_TIMEOUT] = 100;
    fixture_add_class(other, "light", 1e6, 3e6);
    other->server.statistics =
        memory_allocate_zeroed(1, sizeof *other->server.statistics);
    other->server.statistics->requests = NAN;
    other->server.statistics->restarts = 2;
    static const char *const terminal[] = {
        "model              req/s  theory  errors  restarts  light p50  light p99  slow "
        "p50\n",
        "event-loop            1k    <=2k       0         -       1 ms       2 ms     10 "
        "ms\n",
        "other (reference)    900    <=2k    10 %         2       1 ms       3 ms        "
        " "
        "-\n",
        "Servers of others: other (2.0). They do the same work as ours", NULL};
    expect_printed(&results, TABLE_TERMINAL, terminal);
    results_release(&results);
}

#define COMPUTES(window)                                                                 \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\",\"class\":\"light\",\"weight\":90}," \
    "{\"path\":\"/spin:20ms\",\"class\":\"cpu\",\"weight\":10}],\"load\":{\"rate\":250," \
    "\"duration\":\"" window "\"}"

/* Where p99 hangs on a few moments, mean and p50 come before it. */
static void test_short_windows(void **state)
{
    (void)state;
    static const struct {
        const char *scenario, *lines[3];
    } cases[] = {
        {COMPUTES("3200ms"),
         {"light mean  light p50  cpu mean  cpu p50  light p99     theory  cpu p99\n",
          "* p99 is of this window: in 3200ms computations begin to queue about 40 "
          "times, ",
          NULL}},
        {COMPUTES("72s"),
         {"light p50  light p99     theory  cpu p50  cpu p99\n",
          "* p99 is of this window: in 72s computations begin to queue about 900 times, ",
          NULL}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct results results = fixture_results(1);
        fixture_add_work(&results, "\"spin:20ms\":\"spin:12000000\"");
        fixture_add_scenario(&results, "mixed", cases[i].scenario, two_models);
        struct trial_record *trial =
            fixture_add_trial(&results, "mixed", NULL, "event-loop", 1, 250);
        fixture_add_class(trial, "light", 30e6, 100e6);
        fixture_add_class(trial, "cpu", 40e6, 80e6);
        trial->load->classes[0].latency.mean_ns = 35e6;
        trial->load->classes[1].latency.mean_ns = 42e6;
        expect_printed(&results, TABLE_TERMINAL, cases[i].lines);
        results_release(&results);
    }
}

/* How replies fell on connections is shown where some had none, and in files always. */
static void test_starved_connections(void **state)
{
    (void)state;
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "hello", HELLO, two_models);
    fixture_add_clients(fixture_add_trial(&results, "hello", NULL, "event-loop", 1, 1000),
                        0, 120);
    struct trial_record *other =
        fixture_add_trial(&results, "hello", NULL, "other", 1, 9000);
    fixture_add_clients(other, 9, 9000);
    static const char *const terminal[] = {
        "model              req/s  starved  least/conn  median/conn  most/conn\n",
        "event-loop            1k        0           0            1        120\n",
        "other (reference)     9k        9           0            1         9k\n", NULL};
    expect_printed(&results, TABLE_TERMINAL, terminal);
    other->load->clients->starved = 0;
    static const char *const even[] = {"model              req/s\n", NULL};
    expect_printed(&results, TABLE_TERMINAL, even);
    results_release(&results);
}

/* Rows without figures say why, equal reasons together. */
static void test_notes(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", "thread-pool", "iterative",
                                         "epoll", NULL};
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "hello", HELLO, models);
    struct trial_record *full =
        fixture_add_trial(&results, "hello", NULL, "event-loop", 1, 1000);
    trial_raise(full, FLAG_GENERATOR_SATURATED, FLAG_INVALID, "full");
    full->valid = false;
    for (size_t m = 1; m <= 2; m++) {
        struct trial_record *failed =
            fixture_add_trial(&results, "hello", NULL, models[m], 1, 0);
        failed->status = TRIAL_FAILED;
        failed->valid = false;
        failed->reason = memory_copy_string("no port");
    }
    static const char *const terminal[] = {
        "Bounds: in the 1 row marked \">=\" the generator was the limit;",
        "event-loop >=              >=1k\n",
        "thread-pool              failed\n",
        "iterative                failed\n",
        "epoll          not measured yet\n",
        "! failed: 1 of 1 trial failed: no port (thread-pool, iterative)\n",
        ">= the generator was the limit: generator_saturated (event-loop)\n",
        NULL};
    expect_printed(&results, TABLE_TERMINAL, terminal);
    static const char *const markdown[] = {
        "- failed: 1 of 1 trial failed: no port (thread-pool, iterative)\n", NULL};
    expect_printed(&results, TABLE_MARKDOWN, markdown);
    results_release(&results);
}

/* Each figure says what it proves: of a row that must not be used nothing, of one whose
 * generator was the limit what follows from that; the ratio to a bound is one, too. */
static void test_bounds_and_invalid_figures(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", "thread-pool", "iterative",
                                         "epoll", NULL};
    static const enum flag flags[] = {FLAGS, FLAG_GENERATOR_SATURATED, FLAG_CONTENTION,
                                      FLAG_STEAL};
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "hello", HELLO, models);
    for (size_t m = 0; m < COUNT_OF(flags); m++) {
        struct trial_record *trial = fixture_add_trial(&results, "hello", NULL, models[m],
                                                       1, 1000 * (double)(m + 1));
        trial->load->latency.mean_ns = trial->load->latency.p50_ns = 2e6;
        fixture_add_window(trial, 0.5, 3);
        if (flags[m] == FLAGS)
            continue;
        bool invalid = flags[m] != FLAG_STEAL;
        trial_raise(trial, flags[m], invalid ? FLAG_INVALID : FLAG_WARNING, "because");
        trial->valid = !invalid;
    }
    static const char *const markdown[] = {
        "**Not to be used: the 1 row marked \"!\". It is not ranked. Bounds: in the 1 "
        "row "
        "marked \">=\" the generator was the limit;",
        "| model          | req/s |  ratio |   p50 |   mean |  cores | CPU/req | ratio | "
        "threads |\n",
        "| event-loop     |    1k |   0.25 |  2 ms |   2 ms |   0.50 |  500 us |  4.00 | "
        "      3 |\n",
        "| thread-pool >= |  >=2k | >=0.50 | 2 ms! | <=2 ms | >=0.50 |  250 us |  2.00 | "
        "      3 |\n",
        "| iterative !    |   3k! |      - | 2 ms! |  2 ms! |  0.50! | 167 us! |     - | "
        "     3! |\n",
        "| epoll *        |    4k |      1 |  2 ms |   2 ms |   0.50 |  125 us |     1 | "
        "      3 |\n",
        "- invalid: contention (iterative)\n",
        "- the generator was the limit: generator_saturated (thread-pool)\n",
        "- with care: steal (epoll)\n",
        NULL};
    expect_printed(&results, TABLE_MARKDOWN, markdown);
    results_release(&results);
}

/* A row that has lost trials is made of the others, and says so. */
static void test_trials_left_out(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", NULL};
    struct results results = fixture_results(2);
    fixture_add_scenario(&results, "hello", HELLO, models);
    fixture_add_trial(&results, "hello", NULL, "event-loop", 1, 1000);
    struct trial_record *lost =
        fixture_add_trial(&results, "hello", NULL, "event-loop", 2, 9000);
    trial_raise(lost, FLAG_STEAL, FLAG_INVALID, "stolen");
    lost->valid = false;
    static const char *const terminal[] = {
        "event-loop *     1k\n", "* some trials left out: steal (event-loop)\n",
        "steal: the hypervisor took CPU time away",
        "(measure on a machine that is not shared)\n", NULL};
    expect_printed(&results, TABLE_TERMINAL, terminal);
    results_release(&results);
}

/* Too few samples for p99: how many, and where. */
static void test_missing_p99(void **state)
{
    (void)state;
    static const uint64_t samples[][2] = {{91, 91}, {91, 200}, {91, 5000}, {400, 5000}};
    static const char *const expected[] = {
        "* 91 samples, p99 needs 368: a duration 4.1 times as long (event-loop, other)",
        "* 91 to 200 samples, p99 needs 368: a duration 4.1 times as long (",
        "* 91 samples, p99 needs 368: a duration 4.1 times as long (event-loop)\n", NULL};
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct results results = fixture_results(1);
        fixture_add_scenario(&results, "hello", HELLO, two_models);
        for (size_t m = 0; m < 2; m++)
            fixture_add_trial(&results, "hello", NULL, two_models[m], 1, 100)
                ->load->latency.count = samples[i][m];
        char *text = print(&results, TABLE_TERMINAL);
        if (expected[i] ? !strstr(text, expected[i]) : strstr(text, "p99 needs") != NULL)
            fail_msg("case %zu:\n%s", i, text);
        free(text);
        results_release(&results);
    }
}

/* What does not fit the terminal is left out from the right. */
static void test_width(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", NULL};
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "hello", HELLO, models);
    struct trial_record *trial =
        fixture_add_trial(&results, "hello", NULL, "event-loop", 1, 1000);
    fixture_add_window(trial, 0.5, 2);
    trial->server.window->pss_bytes = 4096 * 1024;
    trial->server.window->kernel_stack_bytes = 32 * 1024;
    trial->server.window->page_table_bytes = 64 * 1024;
    trial->server.window->voluntary_switches = 1000;
    trial->server.window->involuntary_switches = 2000;
    struct load_result *load = trial->load;
    load->latency.p50_ns = load->latency.p99_ns = load->latency.p999_ns = 123e6;
    trial->server.statistics =
        memory_allocate_zeroed(1, sizeof *trial->server.statistics);
    trial->server.statistics->restarts = 3;
    struct loop_statistics *loop = memory_allocate(sizeof *loop);
    *loop = (struct loop_statistics){0.5, memory_allocate(sizeof *loop->lag)};
    *loop->lag = (struct lag_statistics){1e6, 2e6, 3e6};
    trial->server.statistics->loop = loop;
    char *terminal = print(&results, TABLE_TERMINAL);
    char *markdown = print(&results, TABLE_MARKDOWN);
    for (const char *line = terminal; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 120);
    assert_non_null(strstr(terminal, "loop busy"));
    assert_null(strstr(terminal, "lag max"));
    static const char *const columns[] = {"req/s",   "restarts",    "p50",     "p99",
                                          "p99.9",   "cores",       "CPU/req", "memory",
                                          "lag p99", "loop busy",   "threads", "vol/req",
                                          "inv/req", "lag p50",     "lag max", "process",
                                          "stacks",  "page tables", NULL};
    expect_lines(markdown, columns);
    free(terminal);
    free(markdown);
    results_release(&results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_trial),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_classes_and_errors),
        cmocka_unit_test(test_short_windows),
        cmocka_unit_test(test_starved_connections),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_bounds_and_invalid_figures),
        cmocka_unit_test(test_trials_left_out),
        cmocka_unit_test(test_missing_p99),
        cmocka_unit_test(test_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
