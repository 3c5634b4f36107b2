/* work_calibration.c - what a calibration has found: its record, and what follows from
 * it for paths. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/path_times.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/experiment/work_calibration.h"
#include "servers/ops/op.h"
#include "workload/scenario_read.h"

/* As a manifest keeps it. */
static const char kept[] = "{\n\t\"work\":\t{\n"
                           "\t\t\"spin:2.5ms\":\t\"spin:2500\",\n"
                           "\t\t\"gzip:1ms\":\t\"gzip:99000\"\n\t},\n"
                           "\t\"cpu\":\t3,\n"
                           "\t\"steps\":\t[{\n"
                           "\t\t\t\"step\":\t\"gzip:99000\",\n"
                           "\t\t\t\"kind\":\t\"CPU\",\n"
                           "\t\t\t\"cpu_us\":\t1004.7391293945312,\n"
                           "\t\t\t\"cpu_us_min\":\t1000.5,\n"
                           "\t\t\t\"wall_us\":\t1010,\n"
                           "\t\t\t\"wall_us_min\":\t1009.25,\n"
                           "\t\t\t\"wall_us_max\":\t1100,\n"
                           "\t\t\t\"why\":\tnull\n"
                           "\t\t}, {\n"
                           "\t\t\t\"step\":\t\"query:9\",\n"
                           "\t\t\t\"kind\":\t\"BLOCKING\",\n"
                           "\t\t\t\"cpu_us\":\t150,\n"
                           "\t\t\t\"cpu_us_min\":\t149,\n"
                           "\t\t\t\"wall_us\":\t200,\n"
                           "\t\t\t\"wall_us_min\":\t190,\n"
                           "\t\t\t\"wall_us_max\":\t250,\n"
                           "\t\t\t\"why\":\tnull\n"
                           "\t\t}, {\n"
                           "\t\t\t\"step\":\t\"spin:7k\",\n"
                           "\t\t\t\"kind\":\t\"CPU\",\n"
                           "\t\t\t\"cpu_us\":\t12,\n"
                           "\t\t\t\"cpu_us_min\":\tnull,\n"
                           "\t\t\t\"wall_us\":\t12,\n"
                           "\t\t\t\"wall_us_min\":\tnull,\n"
                           "\t\t\t\"wall_us_max\":\tnull,\n"
                           "\t\t\t\"why\":\tnull\n"
                           "\t\t}, {\n"
                           "\t\t\t\"step\":\t\"spun:1\",\n"
                           "\t\t\t\"kind\":\tnull,\n"
                           "\t\t\t\"cpu_us\":\tnull,\n"
                           "\t\t\t\"cpu_us_min\":\tnull,\n"
                           "\t\t\t\"wall_us\":\tnull,\n"
                           "\t\t\t\"wall_us_min\":\tnull,\n"
                           "\t\t\t\"wall_us_max\":\tnull,\n"
                           "\t\t\t\"why\":\t\"no such step\"\n"
                           "\t\t}]\n}\n";

static struct work_calibration read_kept(void)
{
    struct work_calibration calibration;
    struct error error;
    cJSON *root = cJSON_Parse(kept);
    assert_non_null(root);
    assert_int_equal(work_calibration_from_json(&calibration, root, &error), 0);
    cJSON_Delete(root);
    return calibration;
}

/* ---- the record ------------------------------------------------------------------- */

static void the_record_is_written_as_it_was_read(void **state)
{
    (void)state;
    struct work_calibration calibration = read_kept();
    assert_true(calibration.is_known);
    assert_int_equal(calibration.timed_count, 2);
    assert_string_equal(calibration.timed[1].written, "gzip:1ms");
    assert_int_equal(calibration.costs.count, 4);
    assert_int_equal(calibration.costs.items[0].kind, OP_CPU);
    assert_true(calibration.costs.items[0].cpu_least_us == 1000.5);
    assert_true(calibration.costs.items[0].wall_most_us == 1100);
    assert_true(isnan(calibration.costs.items[2].cpu_least_us));
    assert_int_equal(calibration.costs.items[3].kind, -1);
    assert_string_equal(calibration.costs.items[3].why, "no such step");
    cJSON *root = work_calibration_to_json(&calibration);
    char *written = json_print(root);
    assert_string_equal(written, kept);
    free(written);
    cJSON_Delete(root);
    work_calibration_release(&calibration);
}

static void nothing_is_read_from_nothing(void **state)
{
    (void)state;
    struct work_calibration calibration;
    struct error error;
    assert_int_equal(work_calibration_from_json(&calibration, NULL, &error), 0);
    assert_false(calibration.is_known);
    assert_int_equal(calibration.timed_count + calibration.costs.count, 0);
}

static void damaged_records_are_refused(void **state)
{
    (void)state;
    static const char *const damaged[][2] = {
        {"{\"work\":{},\"cpu\":0,\"steps\":[{\"kind\":\"CPU\"}]}",
         "calibration: a cost without its \"step\""},
        {"{\"work\":{\"spin:1ms\":7},\"cpu\":0,\"steps\":[{\"step\":\"spin:1\"}]}",
         "calibration: the work of \"spin:1ms\" is no step"},
    };
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        struct work_calibration calibration;
        struct error error;
        cJSON *root = cJSON_Parse(damaged[i][0]);
        assert_int_equal(work_calibration_from_json(&calibration, root, &error), -EINVAL);
        assert_string_equal(error.text, damaged[i][1]);
        cJSON_Delete(root);
    }
}

static void steps_are_looked_up(void **state)
{
    (void)state;
    struct work_calibration calibration = read_kept();
    struct path_step step = path_step_of("gzip:1ms");
    assert_string_equal(work_calibration_work(&calibration, &step), "gzip:99000");
    assert_null(work_calibration_cost(&calibration, &step));
    step = path_step_of("gzip:99000");
    assert_null(work_calibration_work(&calibration, &step));
    assert_ptr_equal(work_calibration_cost(&calibration, &step),
                     &calibration.costs.items[0]);
    assert_string_equal(work_calibration_written(&calibration, "gzip:99000"), "gzip:1ms");
    assert_null(work_calibration_written(&calibration, "query:9"));
    work_calibration_release(&calibration);
}

/* ---- paths ------------------------------------------------------------------------ */

#define UNKNOWN (-1.0)

/* Milliseconds. */
static const struct timing {
    const char *path;
    double cpu, wait, blocking;
    bool measured;
} timings[] = {
    {"/", 0, 0, 0, false},
    {"/wait:10ms/spin:2.5ms/bytes:4KiB", 2.5, 10, 0, false},
    {"/spin:7k/block:3ms", 0.012, 0, 3, true},
    {"/query:9", 0, 0, 0.2, true},
    {"/pgsleep:4ms", 0, 4, 0, false},
    {"/gzip:99000", 1.00473912939453125, 0, 0, true},
    {"/fetch:gzip=1ms,wait=4ms/fetch:", 0, 5, 0, false},
    {"/fetch:query=9/wait:1ms", 0, 1.2, 0, true},
    {"/wait:1ms/", 0, 1, 0, false},
    {"/file:4KiB", UNKNOWN, 0, 0, false}, /* not measured */
    {"/spin:3ms", UNKNOWN, 0, 0, false},  /* not calibrated */
    {"/pgquery:3", UNKNOWN, 0, 0, false}, /* lasts as long as the database likes */
    {"/fetch:file=4KiB", UNKNOWN, 0, 0, false},
    {"/wiat:4ms", UNKNOWN, 0, 0, false},
};

static void times_follow_from_steps_and_costs(void **state)
{
    (void)state;
    struct work_calibration calibration = read_kept();
    for (size_t i = 0; i < COUNT_OF(timings); i++) {
        const struct timing *expected = &timings[i];
        struct path_times times;
        bool known = path_times_read(&times, expected->path, &calibration);
        if (known != (expected->cpu >= 0))
            fail_msg("%s: known: %d", expected->path, known);
        if (known && (fabs(times.cpu * 1e3 - expected->cpu) > 1e-9 ||
                      fabs(times.wait * 1e3 - expected->wait) > 1e-9 ||
                      fabs(times.blocking * 1e3 - expected->blocking) > 1e-9 ||
                      times.measured != expected->measured))
            fail_msg("%s: %g %g %g %d", expected->path, times.cpu, times.wait,
                     times.blocking, times.measured);
    }
    work_calibration_release(&calibration);
}

static void work_takes_the_place_of_times(void **state)
{
    (void)state;
    struct work_calibration calibration = read_kept();
    struct scenario scenario;
    struct error error;
    assert_int_equal(
        scenario_read_string(&scenario, "s",
                             "{\"name\":\"s\",\"title\":\"t\",\"question\":\"q\","
                             "\"family\":\"f\",\"requests\":["
                             "{\"path\":\"/wait:10ms/spin:2.5ms/bytes:4KiB\"},"
                             "{\"path\":\"/spin:7k/block:3ms\"},{\"path\":\"/\"},"
                             "{\"path\":\"/fetch:gzip=1ms,wait=4ms/fetch:\"}],"
                             "\"backend\":{\"model\":\"loop\"}}",
                             &error),
        0);
    const struct request *requests = scenario.workload.requests;
    work_calibration_apply(&calibration, &scenario);
    assert_string_equal(requests[0].path, "/wait:10ms/spin:2500/bytes:4KiB");
    assert_string_equal(requests[1].path, "/spin:7k/block:3ms");
    assert_string_equal(requests[2].path, "/");
    assert_string_equal(requests[3].path, "/fetch:gzip=99000,wait=4ms/fetch:");
    scenario_release(&scenario);
    work_calibration_release(&calibration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_record_is_written_as_it_was_read),
        cmocka_unit_test(nothing_is_read_from_nothing),
        cmocka_unit_test(damaged_records_are_refused),
        cmocka_unit_test(steps_are_looked_up),
        cmocka_unit_test(times_follow_from_steps_and_costs),
        cmocka_unit_test(work_takes_the_place_of_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
