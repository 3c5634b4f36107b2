/*
 * Results added up: two halves give the whole, to the bucket, and what cannot be added
 * is refused or null. $INTERLEAVE is the program.
 */
#include "tests/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/random.h"
#include "base/text.h"
#include "record/load_result.h"
#include "tests/support/folder.h"

static const char *const files[] = {"a.json", "b.json", "whole.json", "sum.json"};

/* Seconds since 1970 at which windows begin, unless a test says otherwise. */
#define BEGIN_S 1795000000.0

static char *path_of(const char *name)
{
    return memory_printf("%s/%s", folder, name);
}

static char *wall_text(double unix_s)
{
    char text[CLOCK_WALL_TEXT_BYTES];
    clock_wall_text((uint64_t)llround(unix_s * 1000) * NS_PER_MS, text);
    return memory_copy_string(text);
}

/* The result is of a run of its own, in this window. */
static void set_window(struct load_result *result, double begin_s, double end_s)
{
    char id[RANDOM_ID_BYTES];
    random_fresh_id(id);
    record_release(&load_run_type, &result->runs[0]);
    result->runs[0] = (struct load_run){.id = memory_copy_string(id),
                                        .host = memory_copy_string("here"),
                                        .process = 7,
                                        .start = wall_text(begin_s),
                                        .end = wall_text(end_s)};
    result->duration_s = end_s - begin_s;
}

/* A result as `load --full` writes it, with these latencies. */
static void make_result(struct load_result *result, const struct histogram *latency,
                        double rate_rps, bool full)
{
    load_result_init(result);
    result->target = memory_copy_string("http://127.0.0.1:1");
    result->mode = LOAD_OPEN;
    result->seed = 1;
    record_append(&result->runs, &result->run_count, sizeof *result->runs);
    set_window(result, BEGIN_S, BEGIN_S + 10);
    result->interval_s = 1;
    result->throughput_rps = rate_rps;
    result->counts.scheduled = result->counts.ended[OUTCOME_OK] = latency->count;
    struct class_result *class =
        record_append(&result->classes, &result->class_count, sizeof *class);
    class->name = memory_copy_string("light");
    class->counts = result->counts;
    struct distribution *const distributions[] = {&result->latency, &result->service,
                                                  &class->latency};
    for (size_t i = 0; i < COUNT_OF(distributions); i++) {
        distribution_init(distributions[i], full);
        distribution_merge(distributions[i], latency);
        distribution_summarise(distributions[i]);
    }
    struct interval_result *interval =
        record_append(&result->series, &result->series_count, sizeof *interval);
    *interval = (struct interval_result){.ok = latency->count,
                                         .errors = 1,
                                         .in_flight = 2,
                                         .p50_ns = 5,
                                         .p99_ns = (double)NAN,
                                         .max_ns = (double)latency->max_ns};
}

static void write_made(const char *name, struct load_result *result)
{
    struct error error;
    cJSON *json = record_to_json(&load_result_type, result);
    char *path = path_of(name);
    assert_int_equal(json_write_file(path, json, &error), 0);
    free(path);
    cJSON_Delete(json);
    load_result_release(result);
}

static void write_result(const char *name, const struct histogram *latency,
                         double rate_rps, bool full)
{
    struct load_result result;
    make_result(&result, latency, rate_rps, full);
    write_made(name, &result);
}

/* Runs `interleave merge a b`; the sum is in sum.json. */
static int merge(const char *a, const char *b, char *message, size_t bytes)
{
    const char *program = getenv("INTERLEAVE");
    if (!program)
        skip();
    char *command = memory_printf("cd %s && %s merge %s %s --json sum.json 2>&1", folder,
                                  program, a, b);
    FILE *output = popen(command, "re");
    size_t got = fread(message, 1, bytes - 1, output);
    message[got] = '\0';
    int status = pclose(output);
    free(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void open_result(struct json_document *document, const char *name)
{
    struct error error;
    char *path = path_of(name);
    if (json_open_file(document, path, &error) < 0)
        fail_msg("%s", error.text);
    free(path);
}

static void expect_same_distribution(const cJSON *got, const cJSON *expected)
{
    static const char *const keys[] = {"count", "min", "p50",  "p75",   "p90",
                                       "p95",   "p99", "p999", "p9999", "max"};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        double a = json_number(got, keys[i]), b = json_number(expected, keys[i]);
        assert_true(a == b || (isnan(a) && isnan(b)));
    }
    assert_true(fabs(json_number(got, "mean") / json_number(expected, "mean") - 1) <
                1e-9);
    assert_true(fabs(json_number(got, "stddev") / json_number(expected, "stddev") - 1) <
                1e-9);
    assert_true(
        cJSON_Compare(json_at(got, "buckets"), json_at(expected, "buckets"), true));
}

static void test_two_halves_are_the_whole(void **state)
{
    (void)state;
    struct histogram halves[2], whole;
    struct random random;
    random_seed(&random, 1);
    histogram_init(&whole);
    histogram_init(&halves[0]);
    histogram_init(&halves[1]);
    /* One half is slow: the average of percentiles would be far off. */
    for (int i = 0; i < 50000; i++) {
        int half = i % 5 == 0;
        uint64_t ns = (uint64_t)random_exponential(&random, half ? 5e7 : 1e6);
        histogram_record(&halves[half], ns);
        histogram_record(&whole, ns);
    }
    write_result("a.json", &halves[0], 4000, true);
    write_result("b.json", &halves[1], 1000, true);
    write_result("whole.json", &whole, 5000, true);
    char message[1024];
    assert_int_equal(merge("a.json", "b.json", message, sizeof message), 0);
    assert_non_null(strstr(message, "note (not_merged): "));
    assert_non_null(strstr(message, "series[].p50_ns: a quantile of a sum"));
    struct json_document sum, expected;
    open_result(&sum, "sum.json");
    open_result(&expected, "whole.json");
    expect_same_distribution(json_at(sum.root, "latency_ns"),
                             json_at(expected.root, "latency_ns"));
    expect_same_distribution(json_at(sum.root, "classes/light/latency_ns"),
                             json_at(expected.root, "latency_ns"));
    assert_true(json_number(sum.root, "throughput_rps") == 5000);
    assert_true(json_number(sum.root, "duration_s") == 10);
    assert_true(json_number(json_at(sum.root, "counts"), "ok") == 50000);
    assert_string_equal(json_string(sum.root, "mode"), "open");
    const cJSON *interval = cJSON_GetArrayItem(json_at(sum.root, "series"), 0);
    assert_true(json_number(interval, "ok") == 50000);
    assert_true(json_number(interval, "in_flight") == 4);
    assert_true(cJSON_IsNull(json_at(interval, "p50_ns")));
    assert_true(cJSON_IsNull(json_at(sum.root, "schedule_lag_ns")));
    json_close(&sum);
    json_close(&expected);
    /* A sum is a result that can be added to, but not by its own parts. */
    assert_int_equal(merge("sum.json", "whole.json", message, sizeof message), 0);
    open_result(&sum, "sum.json");
    assert_int_equal(cJSON_GetArraySize(json_at(sum.root, "runs")), 3);
    json_close(&sum);
    assert_int_equal(merge("a.json", "sum.json", message, sizeof message), 2);
    assert_non_null(strstr(message, "a.json and sum.json hold the same run, which would "
                                    "count twice: process 7 of here"));
    histogram_release(&whole);
    histogram_release(&halves[0]);
    histogram_release(&halves[1]);
}

static void test_what_does_not_add_up(void **state)
{
    (void)state;
    struct histogram latency;
    struct error error;
    char message[1024];
    histogram_init(&latency);
    for (uint64_t ns = 1; ns < 1000; ns++)
        histogram_record(&latency, ns * 1000);
    write_result("a.json", &latency, 10, true);
    struct load_result closed;
    make_result(&closed, &latency, 10, true);
    closed.mode = LOAD_CLOSED;
    write_made("b.json", &closed);
    assert_int_equal(merge("a.json", "b.json", message, sizeof message), 2);
    assert_non_null(strstr(message,
                           "mode is \"open\" in a.json and \"closed\" in b.json: "
                           "their latencies do not mean the same"));
    write_result("b.json", &latency, 10, false);
    assert_int_equal(merge("a.json", "b.json", message, sizeof message), 2);
    assert_non_null(strstr(message, "--full"));
    char *path = path_of("b.json");
    assert_int_equal(file_write_atomic(path, "{\"a\": 1}\n", 9, &error), 0);
    free(path);
    assert_int_equal(merge("a.json", "b.json", message, sizeof message), 2);
    assert_int_equal(merge("a.json", "missing.json", message, sizeof message), 2);
    assert_int_equal(merge("", "", message, sizeof message), 2);
    histogram_release(&latency);
}

/* A run of `seconds` with one reply per millisecond of them. */
static void write_run(const char *name, double begin_s, unsigned seconds,
                      const struct histogram *latency)
{
    struct load_result result;
    make_result(&result, latency, 1000, true);
    set_window(&result, begin_s, begin_s + seconds);
    result.series_count = 0;
    for (unsigned i = 0; i < seconds; i++) {
        struct interval_result *interval =
            record_append(&result.series, &result.series_count, sizeof *interval);
        /* Alone it is served twice as fast. */
        bool alone = begin_s + i + 1 <= BEGIN_S || begin_s + i >= BEGIN_S + 10;
        *interval = (struct interval_result){.t_s = i, .ok = alone ? 2000 : 1000};
    }
    result.traffic = memory_allocate(sizeof *result.traffic);
    *result.traffic = (struct traffic_result){.received_bytes = 100 * seconds,
                                              .sent_bytes = 50 * seconds,
                                              .received_per_s = 100,
                                              .sent_per_s = 50};
    result.traffic->statuses[status_place(200)] = 1000 * seconds;
    result.traffic->statuses[status_place(304)] = seconds;
    write_made(name, &result);
}

/* Merges a run of 10 s with another; the sum's series has these steps. */
static void expect_sum(double begin_s, unsigned seconds, int code, double rate_rps,
                       double common_s, int steps)
{
    struct histogram latency;
    struct json_document sum;
    char message[1024];
    histogram_init(&latency);
    histogram_record(&latency, 1000);
    write_run("a.json", BEGIN_S, 10, &latency);
    write_run("b.json", begin_s, seconds, &latency);
    assert_int_equal(merge("a.json", "b.json", message, sizeof message), code);
    open_result(&sum, "sum.json");
    double got_rps = json_number(sum.root, "throughput_rps");
    assert_true(got_rps == rate_rps || (isnan(got_rps) && isnan(rate_rps)));
    assert_true(fabs(json_number(sum.root, "duration_s") - common_s) < 1e-6);
    assert_int_equal(cJSON_GetArraySize(json_at(sum.root, "series")), steps);
    assert_true((strstr(message, "INVALID (windows_differ)") != NULL) == (code == 3));
    assert_true((strstr(message, "throughput_rps: no step") != NULL) == isnan(rate_rps));
    /* Counts are of the whole windows, and so is what is made of bytes: a rate only where
     * the windows are alike. */
    const cJSON *traffic = json_at(sum.root, "traffic");
    assert_true(json_number(traffic, "received_bytes") == 100 * (10 + seconds));
    assert_true(json_number(json_at(traffic, "statuses"), "200") ==
                1000 * (10 + seconds));
    assert_true(json_number(json_at(traffic, "statuses"), "304") == 10 + seconds);
    double sent_per_s = json_number(traffic, "sent_bytes_per_s");
    assert_true(code == 3 ? isnan(sent_per_s) : sent_per_s == 100);
    assert_true((strstr(message, "traffic.sent_bytes_per_s") != NULL) == (code == 3));
    json_close(&sum);
    histogram_release(&latency);
}

/* Rates are of the time that all windows have in common, and say so where it is short. */
static void test_windows(void **state)
{
    (void)state;
    expect_sum(BEGIN_S, 10, 0, 2000, 10, 10);
    expect_sum(BEGIN_S + 0.2, 10, 0, 2000, 9.8, 10);
    expect_sum(BEGIN_S - 5, 20, 3, 2000, 10, 10);
    expect_sum(BEGIN_S + 4, 10, 3, 2000, 6, 6);
    expect_sum(BEGIN_S + 9.5, 10, 3, (double)NAN, 0.5, 0);
    struct histogram latency;
    char message[1024];
    histogram_init(&latency);
    histogram_record(&latency, 1000);
    write_run("a.json", BEGIN_S, 10, &latency);
    write_run("b.json", BEGIN_S + 13.5, 10, &latency);
    assert_int_equal(merge("b.json", "a.json", message, sizeof message), 2);
    assert_non_null(strstr(message, "the window of a.json ended 3.5 s before that of "
                                    "b.json began"));
    assert_int_equal(merge("a.json", "a.json", message, sizeof message), 2);
    assert_non_null(strstr(message, "a.json and a.json hold the same run"));
    struct load_result old;
    make_result(&old, &latency, 10, true);
    record_release(&load_run_type, &old.runs[0]);
    old.run_count = 0;
    write_made("b.json", &old);
    assert_int_equal(merge("a.json", "b.json", message, sizeof message), 2);
    assert_non_null(strstr(message, "b.json does not tell when it was measured"));
    histogram_release(&latency);
}

/* Another build is not refused, for one of several may be the newest; it is told. */
static void test_builds(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool differ;
    } cases[] = {
        {"aaaaaaaaaaaabb", "aaaaaaaaaaaabb", false},
        {"aaaaaaaaaaaabb", "ccccccccccccdd", true},
        {"aaaaaaaaaaaabb", NULL, true},
        {NULL, NULL, false},
    };
    struct histogram latency;
    histogram_init(&latency);
    histogram_record(&latency, 1000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *const builds[] = {cases[i].a, cases[i].b};
        char message[1024];
        for (size_t k = 0; k < COUNT_OF(builds); k++) {
            struct load_result result;
            make_result(&result, &latency, 1000, true);
            if (builds[k])
                result.runs[0].binary_sha256 = memory_copy_string(builds[k]);
            write_made(files[k], &result);
        }
        assert_int_equal(merge("a.json", "b.json", message, sizeof message), 0);
        const char *told = strstr(message, "b.json was measured by another build than "
                                           "a.json: binary ");
        assert_int_equal(told != NULL, cases[i].differ);
        if (told && cases[i].b)
            assert_non_null(strstr(told, "binary cccccccccccc instead of aaaaaaaaaaaa"));
    }
    histogram_release(&latency);
}

/* Buckets that no histogram can have, or that are not as many as they say. */
static void test_bad_distributions(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"count\": 1, \"buckets\": [[5, 1]]}",
        "{\"buckets\": []}",
        "{\"count\": 2, \"buckets\": [[5, 1]]}",
        "{\"count\": 1, \"buckets\": [[5]]}",
        "{\"count\": 1, \"buckets\": [[5000001, 1]]}",
        "{\"count\": 1, \"buckets\": [[-1, 1]]}",
        "{\"count\": 1, \"buckets\": [[5, 1.5]]}",
        "{\"count\": 1, \"buckets\": {\"5\": 1}}",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct error error;
        struct json_document document;
        struct distribution distribution;
        assert_int_equal(json_open_string(&document, "bad", bad[i], &error), 0);
        assert_int_equal(record_read(&distribution_type, &distribution, &document,
                                     document.root, &error),
                         -EINVAL);
        json_close(&document);
    }
}

static int remove_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char *path = path_of(files[i]);
        unlink(path);
        free(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_halves_are_the_whole),
        cmocka_unit_test(test_what_does_not_add_up),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_builds),
        cmocka_unit_test(test_bad_distributions),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
