/* charts.c - the gnuplot scripts and their data, from results that are made in memory. */
#include "tests/test.h"

#include "report/charts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tests/support/folder.h"
#include "tests/unit/results_fixture.h"

/* Draws the results into a folder of their own; the file's content, on the heap. */
static char *draw(const struct results *results, const char *name)
{
    struct comparison comparison;
    struct error error;
    comparison_make(&comparison, results);
    int result = charts_write(folder, &comparison, &error);
    comparison_release(&comparison);
    char *path = memory_printf("%s/plots/%s", folder, name), *content = NULL;
    if (result == 0)
        result = file_read(path, &content, NULL, &error);
    free(path);
    if (result < 0)
        fail_msg("%s", error.text);
    return content;
}

static void expect_text(const struct results *results, const char *name, const char *text)
{
    char *content = draw(results, name);
    assert_string_equal(content, text);
    free(content);
}

/* In this order. */
static void expect_lines(const struct results *results, const char *name,
                         const char *const *lines)
{
    char *content = draw(results, name), *at = content;
    for (size_t i = 0; lines[i]; i++) {
        char *found = strstr(at, lines[i]);
        if (!found)
            fail_msg("%s: \"%s\" is not in, or not in this order in:\n%s", name, lines[i],
                     content);
        at = found + strlen(lines[i]);
    }
    free(content);
}

static const char *const two_models[] = {"event-loop", "thread-pool:threads=2", NULL};

/* Over a sweep: a line for each contender with its intervals, and one for theory. */
static void test_sweep(void **state)
{
    (void)state;
    struct results results = fixture_results(6);
    fixture_add_scenario(&results, "waits",
                         "\"family\":\"f\",\"requests\":[{\"path\":\"/wait:50ms\"}],"
                         "\"load\":{\"connections\":10},\"sweep\":{\"variable\":"
                         "\"connections\",\"values\":[10,100]}",
                         two_models);
    for (uint64_t block = 1; block <= 6; block++) {
        double rate = 180 + (double)block;
        fixture_add_trial(&results, "waits", "10", "event-loop", block, rate);
        if (block == 1)
            fixture_add_trial(&results, "waits", "100", "event-loop", block, 1900);
        if (block <= 2)
            fixture_add_trial(&results, "waits", "10", two_models[1], block, 40 * rate);
    }
    expect_text(&results, "waits-throughput.dat",
                "# waits: replies per second (more is better)\n"
                "10 183.5 0 181 186\n"
                "100 1900 0 1900 1900\n"
                "\n\n"
                "10 200\n"
                "100 2000\n"
                "\n\n"
                "10 7260 0 7260 7260\n"
                "\n\n");
    static const char *const script[] = {
        "# Draws waits-throughput.svg and waits-throughput.png: gnuplot "
        "waits-throughput.gp\n",
        "set output 'waits-throughput.svg'\n",
        "set ylabel 'replies per second (more is better)'\n",
        "set logscale xy\nset xlabel 'connections (dashed: theory)'\n",
        "set title \"Title of waits\\nWhat of waits?\"\n",
        "plot 'waits-throughput.dat' index 0 using 1:($3 == 0 ? $2 : NaN):4:5 with "
        "yerrorlines lw 2 ps 0.7 pt 7 lc rgb '#0072B2' title 'event-loop'",
        "'waits-throughput.dat' index 1 using 1:2 with lines lw 1 dt 2 lc rgb '#0072B2' "
        "notitle",
        "'waits-throughput.dat' index 2 using 1:($3 == 0 ? $2 : NaN):4:5 with "
        "yerrorlines lw 2 ps 0.7 pt 7 lc rgb '#D55E00' title 'thread-pool:threads=2'",
        "set output 'waits-throughput.png'\nreplot\n",
        NULL};
    expect_lines(&results, "waits-throughput.gp", script);
    results_release(&results);
}

/* At one point: bars, in the metric's unit. */
static void test_bars(void **state)
{
    (void)state;
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "hello",
                         "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]", two_models);
    fixture_add_window(
        fixture_add_trial(&results, "hello", NULL, "event-loop", 1, 100000), 1, 1);
    fixture_add_window(
        fixture_add_trial(&results, "hello", NULL, two_models[1], 1, 50000), 1, 1);
    expect_text(&results, "hello-cpu.dat",
                "# hello: CPU time per request, microseconds (less is better)\n"
                "0 10 0 10 10\n\n\n"
                "1 20 0 20 20\n\n\n");
    static const char *const script[] = {
        "set xtics add ('event-loop' 0)\nset xtics add ('thread-pool:threads=2' 1)\n",
        "index 0 using 1:($3 == 0 ? $2 : NaN) with boxes fill solid 0.85 lc rgb "
        "'#0072B2' notitle",
        "index 1 using 1:($3 == 0 ? $2 : NaN) with boxes fill solid 0.85 lc rgb "
        "'#D55E00' notitle",
        NULL};
    expect_lines(&results, "hello-cpu.gp", script);
    results_release(&results);
}

/* Latency by percentile, of the first class, at the last point. What some trial lacks is
 * left out, what is only a lower bound is marked. */
static void test_percentiles(void **state)
{
    (void)state;
    struct results results = fixture_results(2);
    fixture_add_scenario(&results, "mixed",
                         "\"family\":\"f\",\"requests\":[{\"path\":\"/\",\"class\":"
                         "\"light\"},{\"path\":\"/wait:1ms\",\"class\":\"slow\"}]",
                         two_models);
    for (uint64_t block = 1; block <= 2; block++) {
        struct trial_record *trial =
            fixture_add_trial(&results, "mixed", NULL, "event-loop", block, 1000);
        fixture_add_class(trial, "slow", 50e6, 50e6);
        fixture_add_class(trial, "light", 1e6 * (double)block, 8e6);
        struct distribution *light = &trial->load->classes[1].latency;
        light->p75_ns = 2e6;
        light->p90_ns = 4e6;
        light->p95_ns = 5e6;
        if (block == 2)
            light->p999_ns = 9e6;
        fixture_mark_at_least(light, "p99");
    }
    expect_text(&results, "mixed-latency.dat",
                "# mixed: latency, milliseconds (less is better), class light\n"
                "2 1.5 0 1.5 1.5\n"
                "4 2 0 2 2\n"
                "10 4 0 4 4\n"
                "20 5 0 5 5\n"
                "100 8 1 8 8\n"
                "\n\n");
    static const char *const script[] = {
        "set xtics ('50 %%' 2, '90 %%' 10, '99 %%' 100, '99.9 %%' 1000, '99.99 %%' "
        "10000)\n",
        "set title \"Title of mixed, class light\\nWhat of mixed?\\nOf 5 figures: 1 at "
        "least so much\"\n",
        "index 0 using 1:($3 == 0 ? $2 : NaN) with linespoints lw 2 ps 0.7 pt 7 lc rgb "
        "'#0072B2' title 'event-loop'",
        "index 0 using 1:($3 == 1 ? $2 : NaN) with points pt 8 ps 1.6 lw 2 lc rgb "
        "'#0072B2' notitle",
        "keyentry with points pt 8 ps 1.6 lw 2 lc rgb '#000000' title 'at least so much'",
        NULL};
    expect_lines(&results, "mixed-latency.gp", script);
    results_release(&results);
}

/* A bound is an open bar in the model's colour with a triangle, what must not be used a
 * hatched grey one with a circle; on lines they are signs alone. The data keeps all. */
static void test_what_is_no_fact(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", "epoll", "iterative", NULL};
    static const enum flag flags[] = {FLAGS, FLAG_GENERATOR_SATURATED, FLAG_CONTENTION};
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "hello",
                         "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]", models);
    for (size_t m = 0; m < COUNT_OF(flags); m++) {
        struct trial_record *trial = fixture_add_trial(&results, "hello", NULL, models[m],
                                                       1, 1000 * (double)(m + 1));
        trial->load->latency.p50_ns = 1e6;
        if (flags[m] == FLAGS)
            continue;
        trial_raise(trial, flags[m], FLAG_INVALID, "because");
        trial->valid = false;
    }
    expect_text(&results, "hello-throughput.dat",
                "# hello: replies per second (more is better)\n"
                "0 1000 0 1000 1000\n\n\n"
                "1 2000 1 2000 2000\n\n\n"
                "2 3000 3 3000 3000\n\n\n");
    static const char *const bars[] = {
        "Of 3 figures: 1 at least so much, 1 not to be used\"\n",
        "index 0 using 1:($3 == 0 ? $2 : NaN) with boxes fill solid 0.85 lc rgb "
        "'#0072B2' notitle",
        "index 1 using 1:($3 == 1 ? $2 : NaN) with boxes fill empty lw 2 lc rgb "
        "'#D55E00' notitle",
        "index 1 using 1:($3 == 1 ? $2 : NaN) with points pt 8 ps 1.6 lw 2 lc rgb "
        "'#D55E00' notitle",
        "index 2 using 1:($3 == 3 ? $2 : NaN) with boxes fill pattern 4 lc rgb "
        "'#999999' notitle",
        "index 2 using 1:($3 == 3 ? $2 : NaN) with points pt 6 ps 1.2 lw 2 lc rgb "
        "'#999999' notitle",
        "keyentry with points pt 8 ps 1.6 lw 2 lc rgb '#000000' title 'at least so much'",
        "keyentry with points pt 6 ps 1.2 lw 2 lc rgb '#999999' title 'not to be used'",
        NULL};
    expect_lines(&results, "hello-throughput.gp", bars);
    /* The latencies of a full generator are its own. */
    static const char *const lines[] = {
        "Of 3 figures: 2 not to be used\"\n",
        "index 0 using 1:($3 == 0 ? $2 : NaN) with linespoints",
        "index 1 using 1:($3 == 3 ? $2 : NaN) with points pt 6 ps 1.2 lw 2 lc rgb "
        "'#999999' title 'epoll'",
        "index 2 using 1:($3 == 3 ? $2 : NaN) with points pt 6 ps 1.2 lw 2 lc rgb "
        "'#999999' title 'iterative'",
        NULL};
    expect_lines(&results, "hello-latency.gp", lines);
    results_release(&results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_bars),
        cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_what_is_no_fact),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
