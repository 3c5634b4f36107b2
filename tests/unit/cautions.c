/* cautions.c - what is said below a table: closed loops that nobody holds back, and
 * windows that are short for their p99. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cautions.h"
#include "tests/unit/results_fixture.h"

static const char *const two_models[] = {"event-loop", "thread-pool:threads=64", NULL};

/* ---- closed loops ------------------------------------------------------------------ */

#define WAITS(path)                                                                      \
    "\"family\":\"f\",\"requests\":[{\"path\":\"" path                                   \
    "\"}],\"load\":{\"connections\":1000}"

static const struct shortfall_case {
    const char *scenario;
    double throughput, cores, generator; /* of the loop */
    const char *said;                    /* NULL: nothing */
} seen[] = {
    {WAITS("/wait:50ms"), 17000, 0.8, 0.6,
     "a closed loop stays below C/W and nobody is full: clients that all wait for the "
     "same time fall into step, and queue at the same moments; an open loop, or waits "
     "that are drawn (wait:50ms~exp), have no such convoys (event-loop by 15 %)"},
    {WAITS("/wait:50ms~exp"), 17000, 0.8, 0.6,
     "a closed loop stays below C/W and nobody is full: something else than waits and "
     "CPUs is in the way (event-loop by 15 %)"},
    {WAITS("/wait:50ms"), 19500, 0.8, 0.6, NULL}, /* 2.5 % */
    {WAITS("/wait:50ms"), 17000, 0.96, 0.6, NULL},
    {WAITS("/wait:50ms"), 17000, 0.8, 0.95, NULL},
    {WAITS("/wait:50ms"), 17000, NAN, 0.6, NULL},
    {WAITS("/wait:50ms/spin:1k"), 17000, 0.8, 0.6, NULL},
    /* 15 % of 400 replies are chance. */
    {WAITS("/wait:2500ms~exp"), 340, 0.8, 0.6, NULL},
    {"\"family\":\"f\",\"requests\":[{\"path\":\"/"
     "wait:50ms\"}],\"load\":{\"rate\":20000}",
     17000, 0.8, 0.6, NULL},
};

static struct trial_record *add_trial(struct results *results, const char *model,
                                      double throughput, double cores, double generator)
{
    struct trial_record *trial =
        fixture_add_trial(results, "s", NULL, model, 1, throughput);
    fixture_add_window(trial, cores, 64);
    trial->load->generator.busiest_thread_cores = generator;
    return trial;
}

static void expect_said(const struct results *results, const char *const *said)
{
    struct comparison comparison;
    struct words lines = {0};
    comparison_make(&comparison, results);
    cautions_add(&comparison, comparison.rows, comparison.row_count, &lines);
    size_t count = 0;
    for (; said[count]; count++)
        assert_string_equal(count < lines.count ? lines.items[count] : "nothing",
                            said[count]);
    assert_string_equal(count < lines.count ? lines.items[count] : "nothing", "nothing");
    words_release(&lines);
    comparison_release(&comparison);
}

/* The pool's 64 threads are a limit that it reaches: nothing to be said of it. */
static void below_what_waits_allow(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(seen); i++) {
        struct results results = fixture_results(1);
        fixture_add_scenario(&results, "s", seen[i].scenario, two_models);
        add_trial(&results, "event-loop", seen[i].throughput, seen[i].cores,
                  seen[i].generator);
        add_trial(&results, "thread-pool:threads=64", 1000, 0.1, 0.1);
        expect_said(&results, (const char *const[]){seen[i].said, NULL});
        results_release(&results);
    }
}

static void invalid_trials_prove_nothing(void **state)
{
    (void)state;
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "s", seen[0].scenario, two_models);
    struct trial_record *trial = add_trial(&results, "event-loop", 17000, 0.8, 0.6);
    trial_raise(trial, FLAG_CONTENTION, FLAG_INVALID, "others");
    trial->valid = false;
    expect_said(&results, (const char *const[]){NULL});
    results_release(&results);
}

static void points_are_named(void **state)
{
    (void)state;
    static const char *const loops[] = {"event-loop", "epoll", NULL};
    static const char *const values[] = {"1000", "2000", "5000"};
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "s",
                         WAITS("/wait:50ms") ",\"sweep\":{\"variable\":\"connections\","
                                             "\"values\":[1000,2000,5000]}",
                         loops);
    for (size_t v = 0; v < COUNT_OF(values); v++) {
        for (size_t m = 0; loops[m]; m++) {
            double unhindered = atof(values[v]) / 0.05;
            struct trial_record *trial =
                fixture_add_trial(&results, "s", values[v], loops[m], 1,
                                  unhindered * (1 - 0.08 * (double)v));
            fixture_add_window(trial, 0.5, 2);
            trial->load->generator.busiest_thread_cores =
                m ? 0.95 : 0.5 * (double)(v > 0);
        }
    }
    results.trials[3].load->generator.busiest_thread_cores = 0.5;
    struct comparison comparison;
    struct words lines = {0};
    comparison_make(&comparison, &results);
    cautions_add(&comparison, comparison.rows, comparison.row_count, &lines);
    assert_int_equal(lines.count, 1);
    assert_non_null(strstr(lines.items[0],
                           " (connections 2000: event-loop by 8 %, epoll by "
                           "8 %; connections 5000: event-loop by 16 %)"));
    words_release(&lines);
    comparison_release(&comparison);
    results_release(&results);
}

/* ---- windows ----------------------------------------------------------------------- */

#define COMPUTES(rate, share, window, more)                                              \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/wait:20ms\",\"weight\":90,\"class\":"   \
    "\"light\"},{\"path\":\"/spin:20ms\",\"weight\":" #share ",\"class\":\"cpu\"}],"     \
    "\"load\":{\"rate\":" #rate ",\"duration\":\"" window "\"" more "}"

static const struct window_case {
    const char *scenario;
    const char *said; /* in part; NULL: nothing */
    bool is_of_few;
} windows[] = {
    /* 25 tasks a second, half of which find the server free. */
    {COMPUTES(250, 10, "3200ms", ),
     "in 3200ms computations begin to queue about 40 times", true},
    {COMPUTES(250, 10, "72s", ), "in 72s computations begin to queue about 900 times",
     false},
    {COMPUTES(250, 10, "5m", ), NULL, false},
    {COMPUTES(600, 10, "72s", ), "about 0 times", true}, /* more than it can do */
    {COMPUTES(250, 10, "3200ms", ",\"arrivals\":\"constant\""), NULL, false},
    {COMPUTES(4, 10, "3200ms", ), NULL, false}, /* U = 0.8 %: no p99 sees them */
    {"\"family\":\"f\",\"requests\":[{\"path\":\"/wait:20ms\"}],\"load\":{\"rate\":250}",
     NULL, false},
    {"\"family\":\"f\",\"requests\":[{\"path\":\"/spin:20ms\"}]", NULL, false},
};

static void windows_are_short_for_their_p99(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(windows); i++) {
        struct results results = fixture_results(1);
        fixture_add_work(&results, "\"spin:20ms\":\"spin:12000000\"");
        fixture_add_scenario(&results, "s", windows[i].scenario, two_models);
        struct comparison comparison;
        struct words lines = {0};
        comparison_make(&comparison, &results);
        cautions_add(&comparison, comparison.rows, comparison.row_count, &lines);
        const char *said = lines.count ? lines.items[0] : NULL;
        if (!said != !windows[i].said || (said && !strstr(said, windows[i].said)))
            fail_msg("%s: \"%s\"", windows[i].scenario, said ? said : "nothing");
        assert_int_equal(caution_p99_is_of_few(&comparison, comparison.rows),
                         windows[i].is_of_few);
        words_release(&lines);
        comparison_release(&comparison);
        results_release(&results);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(below_what_waits_allow),
        cmocka_unit_test(invalid_trials_prove_nothing),
        cmocka_unit_test(points_are_named),
        cmocka_unit_test(windows_are_short_for_their_p99),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
