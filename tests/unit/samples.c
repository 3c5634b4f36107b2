/* Samples that a trial has or will have, and what is said where they are too few for p99;
 * what the profiles shorten. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/samples.h"
#include "base/clock.h"
#include "harness/experiment/decide.h"
#include "workload/profile.h"
#include "workload/scenario_read.h"

static void test_sentences(void **state)
{
    (void)state;
    static const struct {
        const char *class_name;
        struct sample_range range;
        const char *profile, *line; /* NULL: enough */
    } cases[] = {
        {"", {368, 368}, "quick", NULL},
        {"",
         {200, 400},
         "quick",
         "200 to 400 samples, p99 needs 368: --profile thorough, or a longer duration"},
        {"light",
         {184, 184},
         "quick",
         "light: 184 samples, p99 needs 368: --profile thorough, or a longer duration"},
        {"",
         {130, 130},
         "quick",
         "130 samples, p99 needs 368: --profile thorough, or a longer duration"},
        {"",
         {NAN, 300},
         "standard",
         "at most 300 samples, p99 needs 368: --profile thorough, or a longer duration"},
        /* Where no profile lasts long enough none is named. */
        {"",
         {45, 45},
         "quick",
         "45 samples, p99 needs 368: a duration 8.2 times as long"},
        {"",
         {3, 3},
         "standard",
         "3 samples, p99 needs 368: a duration 123 times as long"},
        {"",
         {200, 200},
         "thorough",
         "200 samples, p99 needs 368: a duration 1.9 times as long"},
        {"",
         {200, 200},
         "of another version",
         "200 samples, p99 needs 368: a duration 1.9 times as long"},
        {"", {1, 1}, "quick", "1 sample, p99 needs 368: a duration 368 times as long"},
        {"", {0, 5}, "quick", "0 to 5 samples, p99 needs 368: a longer duration"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scenario scenario = {.workload.duration_ns = 5 * NS_PER_S};
        const struct profile *profile = profile_named(cases[i].profile);
        if (profile)
            profile_apply(profile, &scenario);
        char *line = samples_too_few(&scenario, cases[i].class_name, cases[i].range,
                                     cases[i].profile);
        if (cases[i].line)
            assert_string_equal(line, cases[i].line);
        else
            assert_null(line);
        free(line);
    }
}

static void read_scenario(struct scenario *scenario, const char *rest)
{
    struct error error;
    char *text = memory_printf("{\"name\":\"own\",\"title\":\"t\",\"question\":\"q\","
                               "\"family\":\"f\",%s}",
                               rest);
    if (scenario_read_string(scenario, "own", text, &error) < 0)
        fail_msg("%s", error.text);
    free(text);
}

#define GET(path)  "\"requests\":[{\"path\":\"" path "\"}],"
#define LOAD(load) "\"load\":{" load "}"
#define TWO_CLASSES                                                                      \
    "\"requests\":[{\"path\":\"/wait:5ms\",\"class\":\"light\",\"weight\":3},"           \
    "{\"path\":\"/wait:45ms\",\"class\":\"heavy\",\"weight\":1}],"

static void test_expected(void **state)
{
    (void)state;
    static const struct {
        const char *rest, *class_name;
        double least, most; /* both NAN: nothing can be said */
    } cases[] = {
        {GET("/") LOAD("\"rate\":50,\"arrivals\":\"constant\",\"duration\":\"2s\""), NULL,
         100, 100},
        /* Poisson: within two standard deviations, the square root of the mean each. */
        {GET("/") LOAD("\"rate\":50,\"duration\":\"2s\""), NULL, 80, 120},
        /* A mix is drawn from, even at constant arrivals. */
        {TWO_CLASSES LOAD("\"rate\":200,\"arrivals\":\"constant\",\"duration\":\"2s\""),
         "heavy", 80, 120},
        {TWO_CLASSES LOAD("\"rate\":200,\"duration\":\"2s\""), NULL, 360, 440},
        /* Rates of their own beside each other. */
        {"\"requests\":[{\"path\":\"/\",\"class\":\"a\",\"rate\":500},{\"path\":\"/\","
         "\"class\":\"b\",\"rate\":3,\"arrivals\":\"constant\"}]," LOAD(
             "\"duration\":\"2s\""),
         "b", 6, 6},
        /* Rising from 0 to 100. */
        {GET("/") LOAD("\"arrivals\":\"constant\",\"phases\":[{\"duration\":\"2s\","
                       "\"rate\":0,\"to\":100,\"shape\":\"ramp\"}]"),
         NULL, 100, 100},
        {GET("/") LOAD("\"rate\":50,\"arrivals\":\"constant\",\"duration\":\"2s\","
                       "\"requests\":70"),
         NULL, 70, 70},
        /* Closed: C/W, with think times C/(W + Z), with n at a time n C/W; and one of
         * each that has begun before. */
        {GET("/wait:50ms") LOAD("\"connections\":4,\"duration\":\"2s\""), NULL, NAN, 164},
        {GET("/wait:50ms")
             LOAD("\"connections\":4,\"duration\":\"2s\",\"think\":\"150ms\""),
         NULL, NAN, 44},
        {"\"clients\":{\"pipeline\":2}," GET("/wait:50ms")
             LOAD("\"connections\":4,\"duration\":\"2s\""),
         NULL, NAN, 328},
        /* One of four waits 45 ms, three 5 ms: 15 ms in the mean. */
        {TWO_CLASSES LOAD("\"connections\":3,\"duration\":\"1s\""), "heavy", NAN, 51},
        /* Computing adds to it, whatever it takes: the bound stays one. */
        {GET("/wait:50ms/spin:1ms") LOAD("\"connections\":4,\"duration\":\"2s\""), NULL,
         NAN, 164},
        {GET("/spin:1ms") LOAD("\"connections\":4,\"duration\":\"2s\""), NULL, NAN, NAN},
        {GET("/") LOAD("\"connections\":4,\"duration\":\"2s\""), NULL, NAN, NAN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scenario scenario;
        struct sample_range range;
        read_scenario(&scenario, cases[i].rest);
        bool told = samples_expect(&range, &scenario, cases[i].class_name);
        assert_int_equal(told, !isnan(cases[i].most));
        if (told &&
            !(isnan(cases[i].least) ? isnan(range.least) : range.least == cases[i].least))
            fail_msg("case %zu: at least %g", i, range.least);
        if (told && range.most != cases[i].most)
            fail_msg("case %zu: at most %g", i, range.most);
        scenario_release(&scenario);
    }
}

static void test_equal_points_stand_together(void **state)
{
    (void)state;
    struct scenario scenario;
    struct words lines = {0};
    read_scenario(
        &scenario,
        "\"full_duration\":\"3s\"," GET("/{wait}") LOAD(
            "\"connections\":1,\"duration\":\"1s\"") ","
                                                     "\"sweep\":{\"variable\":\"wait\","
                                                     "\"values\":[\"wait:5ms\","
                                                     "\"wait:1ms\",\"wait:5ms/"
                                                     "wait:0ms\"]}");
    samples_forecast(&lines, &scenario, "quick");
    assert_int_equal(lines.count, 1);
    assert_string_equal(lines.items[0],
                        "own, wait wait:5ms, wait:5ms/wait:0ms: at most 201 samples, p99 "
                        "needs 368: --profile thorough, or a longer duration");
    words_release(&lines);
    scenario_release(&scenario);
}

/* ---- the scenarios that ship ------------------------------------------------------ */

static void decide(struct experiment *run, int profile, const char *const *names)
{
    struct words scenarios = {0}, none = {0};
    struct error error;
    for (size_t i = 0; names[i]; i++)
        words_add(&scenarios, names[i]);
    const struct experiment_request request = {.profile = &profiles[profile],
                                               .seed = 1,
                                               .folder = "scenarios",
                                               .scenarios = &scenarios,
                                               .models = &none,
                                               .externals = &none};
    if (experiment_decide(run, &request, &error) < 0)
        fail_msg("%s", error.text);
    words_release(&scenarios);
}

/*
 * Classes that are there to be in the way of others, and points with one client: nobody
 * asks for their p99. Of everything else that ships the standard profile has enough.
 */
static const char *const too_few[] = {
    "cpu-on-the-loop: cpu: ",
    "gateway, rate ",
    "hashing-on-the-pool: hash: ",
    "io-wait, connections 1: at most ",
    "kinds-of-computing, work spin:20ms, encrypt:20ms, gzip:20ms, thumbnail:20ms, "
    "infer:20ms: heavy: ",
    "mixed: cpu: ",
    "mixed-real: login: ",
    "mixed-real: thumbnail: ",
    "shared-pool: slow: ",
    "standing-in-line, connections 2: at most ",
    "standing-in-line, connections 8: at most ",
    "upstream, connections 1: at most ",
};

static bool is_known(const char *line)
{
    for (size_t i = 0; i < COUNT_OF(too_few); i++)
        if (strncmp(line, too_few[i], strlen(too_few[i])) == 0)
            return true;
    return false;
}

static void test_what_ships_has_enough(void **state)
{
    (void)state;
    static const char *const all[] = {NULL};
    for (int p = PROFILE_STANDARD; profile_names[p]; p++) {
        struct experiment run;
        struct words lines = {0};
        decide(&run, p, all);
        assert_true(run.scenario_count > 10);
        for (size_t i = 0; i < run.scenario_count; i++)
            samples_forecast(&lines, &run.scenarios[i].scenario, profile_names[p]);
        for (size_t i = 0; i < lines.count; i++)
            if (!is_known(lines.items[i]))
                fail_msg("--profile %s: %s", profile_names[p], lines.items[i]);
        words_release(&lines);
        experiment_release(&run);
    }
}

/* ---- what profiles shorten -------------------------------------------------------- */

static void test_durations_are_told(void **state)
{
    (void)state;
    static const char *const names[] = {"hello", "cpu-on-the-loop", "cpu", NULL};
    static const char *const notes[] = {
        [PROFILE_QUICK] = "profile quick: of 5 s it measures 1.5 s (hello), of 8 s it "
                          "measures 2.4 s (cpu-on-the-loop), of 5 s it measures 2 s "
                          "(cpu)",
        [PROFILE_STANDARD] =
            "profile standard: of 5 s it measures 1.5 s (hello), of 8 s "
            "it measures 2.4 s (cpu-on-the-loop), of 5 s it measures 2 s "
            "(cpu)",
        [PROFILE_THOROUGH] = NULL,
    };
    for (int p = 0; profile_names[p]; p++) {
        struct experiment run;
        decide(&run, p, names);
        char *note = experiment_note_durations(&run);
        if (notes[p])
            assert_string_equal(note, notes[p]);
        else
            assert_null(note);
        free(note);
        experiment_release(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_equal_points_stand_together),
        cmocka_unit_test(test_what_ships_has_enough),
        cmocka_unit_test(test_durations_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
