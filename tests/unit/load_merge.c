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

#include "base/file.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/random.h"
#include "base/text.h"
#include "loadgen/measure/distribution.h"
#include "tests/support/folder.h"

static const char *const files[] = {"a.json", "b.json", "whole.json", "sum.json"};

static char *path_of(const char *name)
{
    return memory_printf("%s/%s", folder, name);
}

/* A result as `load --full` writes it, with these latencies, as far as merge reads it. */
static void write_result(const char *name, const struct histogram *latency, double rate,
                         bool full, const char *mode)
{
    struct error error;
    cJSON *json = cJSON_CreateObject();
    json_add_number(json, "schema_version", 1);
    json_add_text(json, "target", "http://127.0.0.1:1");
    json_add_text(json, "mode", mode);
    json_add_number(json, "duration_s", 10);
    json_add_number(json, "interval_s", 1);
    json_add_number(json, "throughput_rps", rate);
    cJSON *counts = json_add_object(json, "counts");
    json_add_number(counts, "scheduled", (double)latency->count);
    json_add_number(counts, "ok", (double)latency->count);
    distribution_add(json, "latency_ns", latency, full);
    cJSON_AddNullToObject(json, "schedule_lag_ns");
    cJSON *class = json_add_object(json_add_object(json, "classes"), "light");
    json_add_number(json_add_object(class, "counts"), "ok", (double)latency->count);
    distribution_add(class, "latency_ns", latency, full);
    cJSON *interval = cJSON_CreateObject();
    cJSON_AddItemToArray(json_add_array(json, "series"), interval);
    json_add_number(interval, "t_s", 0);
    json_add_number(interval, "ok", (double)latency->count);
    json_add_number(interval, "errors", 1);
    json_add_number(interval, "in_flight", 2);
    json_add_number(interval, "p50_ns", 5);
    json_add_number(interval, "max_ns", (double)latency->max_ns);
    json_add_bool(json, "valid", true);
    char *path = path_of(name);
    assert_int_equal(json_write_file(path, json, &error), 0);
    free(path);
    cJSON_Delete(json);
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
    write_result("a.json", &halves[0], 4000, true, "open");
    write_result("b.json", &halves[1], 1000, true, "open");
    write_result("whole.json", &whole, 5000, true, "open");
    char message[1024];
    assert_int_equal(merge("a.json", "b.json", message, sizeof message), 0);
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
    /* A sum is a result that can be added to. */
    assert_int_equal(merge("sum.json", "a.json", message, sizeof message), 0);
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
    write_result("a.json", &latency, 10, true, "open");
    write_result("b.json", &latency, 10, true, "closed");
    assert_int_equal(merge("a.json", "b.json", message, sizeof message), 2);
    assert_non_null(strstr(message, "closed"));
    write_result("b.json", &latency, 10, false, "open");
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

/* Buckets that no histogram can have, or that are not as many as they say. */
static void test_bad_distributions(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"count\": 1}",
        "{\"buckets\": []}",
        "{\"count\": 2, \"buckets\": [[5, 1]]}",
        "{\"count\": 1, \"buckets\": [[5]]}",
        "{\"count\": 1, \"buckets\": [[5000001, 1]]}",
        "{\"count\": 1, \"buckets\": [[-1, 1]]}",
        "{\"count\": 1, \"buckets\": [[5, 1.5]]}",
        "{\"count\": 1, \"buckets\": {\"5\": 1}}",
    };
    struct histogram histogram;
    histogram_init(&histogram);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct error error;
        cJSON *json = cJSON_Parse(bad[i]);
        assert_non_null(json);
        assert_int_equal(distribution_read(&histogram, json, &error), -EINVAL);
        cJSON_Delete(json);
    }
    assert_int_equal(histogram.count, 0);
    histogram_release(&histogram);
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
        cmocka_unit_test(test_bad_distributions),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
