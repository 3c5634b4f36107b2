/* The course of a load: levels, their integral, and its inverse; phases and traces. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "workload/load_profile.h"

#define S NS_PER_S

static const struct load_phase shapes[] = {
    {.shape = PHASE_STEP, .duration_ns = 2 * S, .level = 100},
    {.shape = PHASE_STEP, .duration_ns = S, .level = 0},
    {.shape = PHASE_RAMP, .duration_ns = 3 * S, .level = 0, .to = 500},
    {.shape = PHASE_RAMP, .duration_ns = 3 * S, .level = 500, .to = 10},
    {.shape = PHASE_BURST,
     .duration_ns = 4 * S,
     .level = 0,
     .to = 1000,
     .period_ns = S,
     .burst_ns = S / 10},
    {.shape = PHASE_BURST,
     .duration_ns = 5 * S / 2,
     .level = 50,
     .to = 700,
     .period_ns = S,
     .burst_ns = S / 4},
    {.shape = PHASE_SINE, .duration_ns = 5 * S, .level = 200, .to = 400, .period_ns = S},
    {.shape = PHASE_SINE,
     .duration_ns = 3 * S,
     .level = 500,
     .to = 900,
     .period_ns = S / 2},
};

static void make_workload(struct workload *workload)
{
    workload_init(workload);
    workload_add_request(workload, "/");
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        workload_add_phase(workload, &shapes[i]);
    workload_settle_duration(workload, 0);
}

/* The integral is the sum of the levels, by the midpoint rule. */
static void integral_is_the_sum_of_levels(void **state)
{
    (void)state;
    struct workload workload;
    struct load_profile profile;
    make_workload(&workload);
    load_profile_init(&profile, &workload);
    double step = 1e-4, sum = 0, last = 0;
    double length = 1 + (double)workload.duration_ns / S;
    for (double at = 0; at < length; at += step) {
        sum += load_profile_level(&profile, at + step / 2) * step;
        double area = load_profile_area(&profile, at + step);
        assert_true(area >= last);
        assert_true(fabs(area - sum) < 0.2);
        last = area;
    }
    /* The warm-up is at the first phase's level. */
    assert_true(load_profile_level(&profile, 0.5) == 100);
    load_profile_release(&profile);
    workload_release(&workload);
}

static void inverse_comes_back(void **state)
{
    (void)state;
    struct workload workload;
    struct load_profile profile;
    make_workload(&workload);
    load_profile_init(&profile, &workload);
    size_t part = 0;
    double last = 0;
    double length = 1 + (double)workload.duration_ns / S;
    for (double area = 0.25; area < load_profile_area(&profile, length); area += 0.5) {
        double at = load_profile_time(&profile, &part, area);
        assert_true(at >= last && at <= length + 1e-9);
        assert_true(fabs(load_profile_area(&profile, at) - area) < 1e-6);
        last = at;
    }
    load_profile_release(&profile);
    workload_release(&workload);
}

static void nothing_comes_after_zero(void **state)
{
    (void)state;
    struct load_profile profile;
    size_t part = 0;
    load_profile_init_level(&profile, 0);
    assert_true(isinf(load_profile_time(&profile, &part, 0.5)));
    load_profile_release(&profile);
}

/* Phases fill a window of another length with the same shape. */
static void phases_are_stretched(void **state)
{
    (void)state;
    struct workload workload;
    struct load_profile plain, stretched;
    make_workload(&workload);
    double rate = workload_mean_rate(&workload);
    load_profile_init(&plain, &workload);
    workload.duration_ns /= 4;
    load_profile_init(&stretched, &workload);
    for (double at = 0.01; at < 20; at += 0.037)
        assert_true(fabs(load_profile_level(&plain, 1 + at) -
                         load_profile_level(&stretched, 1 + at / 4)) < 1e-3);
    assert_true(fabs(workload_mean_rate(&workload) - rate) < 1e-6 * rate);
    load_profile_release(&plain);
    load_profile_release(&stretched);
    workload_release(&workload);
}

static void phases_of_clients_set_the_connections(void **state)
{
    (void)state;
    struct workload workload;
    workload_init(&workload);
    workload_add_request(&workload, "/");
    struct load_phase phase = shapes[3];
    phase.of_clients = true;
    workload_add_phase(&workload, &phase);
    workload_settle_duration(&workload, 0);
    assert_int_equal(workload_connections(&workload), 500);
    assert_int_equal(workload.duration_ns, 3 * S);
    assert_false(workload_is_open(&workload));
    workload_release(&workload);
}

/* ---- checks ------------------------------------------------------------------------ */

static void contradictions_are_refused(void **state)
{
    (void)state;
    struct error error;
    struct workload workload, changed;
    workload_init(&workload);
    workload_add_request(&workload, "/");
    assert_int_equal(workload_check(&workload, &error), 0);
    static const struct {
        double rate;
        uint64_t think_ns, pipeline, per_connection;
    } bad[] = {
        {10, 1, 1, 0},  /* only a closed loop thinks */
        {0, 0, 0, 0},   /* no depth */
        {0, 0, 2, 1},   /* nothing to pipeline */
        {0, 1, 2, 0},   /* a pipeline does not think */
        {2e7, 0, 1, 0}, /* no machine sends so many */
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        workload_copy(&changed, &workload);
        changed.rate_rps = bad[i].rate;
        changed.think_ns = bad[i].think_ns;
        changed.pipeline = bad[i].pipeline;
        changed.requests_per_connection = bad[i].per_connection;
        assert_int_equal(workload_check(&changed, &error), -EINVAL);
        workload_release(&changed);
    }
    static const struct load_phase bad_phases[] = {
        {.shape = PHASE_STEP, .duration_ns = S, .level = 0},
        {.shape = PHASE_SINE, .duration_ns = S, .level = 10, .to = 30, .period_ns = S},
        {.shape = PHASE_SINE, .duration_ns = S, .level = 10, .to = 5, .period_ns = S},
        {.shape = PHASE_SINE, .duration_ns = S, .level = 10, .to = 20},
        {.shape = PHASE_BURST, .duration_ns = S, .to = 20, .period_ns = S, .burst_ns = S},
    };
    for (size_t i = 0; i < COUNT_OF(bad_phases); i++) {
        workload_copy(&changed, &workload);
        workload_add_phase(&changed, &bad_phases[i]);
        assert_int_equal(workload_check(&changed, &error), -EINVAL);
        workload_release(&changed);
    }
    workload_release(&workload);
}

/* ---- traces ------------------------------------------------------------------------ */

static int read_trace(struct workload *workload, const char *text, double speed,
                      struct error *error)
{
    char path[] = "/tmp/interleave-trace-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(file_write_atomic(path, text, strlen(text), error), 0);
    workload_init(workload);
    int result = workload_read_trace(workload, path, speed, error);
    workload_settle_duration(workload, 0);
    unlink(path);
    return result;
}

static void trace_is_read(void **state)
{
    (void)state;
    struct workload workload;
    struct error error;
    const char *text = "time,path,class\r\n# a comment\n100.5,/a,x\n\n100.75,/b\n"
                       "100750ms, /a , x\n101.5,/a,y";
    if (read_trace(&workload, text, 2, &error) < 0)
        fail_msg("%s", error.text);
    static const uint64_t times_ms[] = {0, 125, 125, 500};
    static const uint32_t requests[] = {0, 1, 0, 2};
    assert_int_equal(workload.trace.count, 4);
    assert_int_equal(workload.request_count, 3);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(workload.trace.entries[i].at_ns, times_ms[i] * NS_PER_MS);
        assert_int_equal(workload.trace.entries[i].request, requests[i]);
    }
    assert_string_equal(workload.requests[2].class_name, "y");
    assert_int_equal(workload.duration_ns, 501 * NS_PER_MS);
    assert_true(workload_is_open(&workload));
    assert_false(workload_is_steady(&workload));
    assert_int_equal(workload_check(&workload, &error), 0);
    workload_release(&workload);
}

/* As spreadsheets write it: a byte order mark, fields in quotes. */
static void quoted_fields_are_read(void **state)
{
    (void)state;
    struct workload workload;
    struct error error;
    const char *text =
        "\xEF\xBB\xBFtime,path,class\n\"0\",\"/fetch:wait=1ms,spin=2\",\"a "
        "\"\"b\"\"\"\n0.5,/c , d\n";
    if (read_trace(&workload, text, 1, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(workload.trace.count, 2);
    assert_string_equal(workload.requests[0].path, "/fetch:wait=1ms,spin=2");
    assert_string_equal(workload.requests[0].class_name, "a \"b\"");
    assert_string_equal(workload.requests[1].path, "/c");
    assert_string_equal(workload.requests[1].class_name, "d");
    workload_release(&workload);
}

static void bad_traces_are_refused_with_their_line(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "no requests"},
        {"time,path\n", "no requests"},
        {"0,/a\nsoon,/b\n", ":2: expected a time"},
        {"0,/a\n1,b\n", ":2: expected a path"},
        {"0\n", ":1: expected time,path"},
        {"0,/a,b,c\n", ":1: expected time,path"},
        {"1,/a\n0.5,/a\n", ":2: times go back"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct workload workload;
        struct error error;
        assert_int_equal(read_trace(&workload, cases[i][0], 1, &error), -EINVAL);
        if (!strstr(error.text, cases[i][1]))
            fail_msg("\"%s\" should mention \"%s\"", error.text, cases[i][1]);
        workload_release(&workload);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integral_is_the_sum_of_levels),
        cmocka_unit_test(inverse_comes_back),
        cmocka_unit_test(nothing_comes_after_zero),
        cmocka_unit_test(phases_are_stretched),
        cmocka_unit_test(phases_of_clients_set_the_connections),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(trace_is_read),
        cmocka_unit_test(quoted_fields_are_read),
        cmocka_unit_test(bad_traces_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
