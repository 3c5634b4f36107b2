/*
 * Slices: in which order two servers have the load, and what is sent and counted while
 * they do.
 */
#include "tests/test.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "harness/experiment/slice_check.h"
#include "loadgen/engine/slices.h"
#include "tests/unit/load_fixture.h"
#include "workload/scenario_read.h"

/* ---- the order -------------------------------------------------------------------- */

#define MANY 11

static size_t count_swapped(const bool *second_first, size_t count)
{
    size_t swapped = 0;
    for (size_t i = 0; i < count; i++)
        swapped += second_first[i];
    return swapped;
}

/* Half of the turns begin with either server, and the seed alone decides which. */
static void test_order(void **state)
{
    (void)state;
    size_t begun_swapped = 0, more_swapped = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        bool order[MANY], again[MANY];
        for (size_t count = 1; count <= MANY; count++) {
            const struct slicing slicing = {.count = count};
            slicing_order(&slicing, seed, order);
            slicing_order(&slicing, seed, again);
            assert_memory_equal(order, again, count * sizeof *order);
            size_t swapped = count_swapped(order, count);
            assert_in_range(swapped, count / 2, (count + 1) / 2);
        }
        begun_swapped += order[0];
        more_swapped += count_swapped(order, MANY) > MANY / 2;
    }
    assert_in_range(begun_swapped, 25, 75);
    assert_in_range(more_swapped, 25, 75);
}

static void test_what_can_be_cut(void **state)
{
    (void)state;
    struct workload workload;
    struct error error;
    workload_init(&workload);
    workload_add_request(&workload, "/");
    assert_int_equal(slicing_check(&workload, &error), 0);
    workload.idle = 10;
    assert_int_equal(slicing_check(&workload, &error), 0);
    uint64_t *hindrances[] = {&workload.request_limit, &workload.slow_readers.count,
                              &workload.slow_senders.count};
    const char *words[] = {"a limited number", "slow readers", "slow senders"};
    for (size_t i = 0; i < 3; i++) {
        *hindrances[i] = 1;
        assert_int_equal(slicing_check(&workload, &error), -EINVAL);
        assert_non_null(strstr(error.text, words[i]));
        *hindrances[i] = 0;
    }
    workload_add_phase(&workload, &(struct load_phase){.duration_ns = NS_PER_S});
    assert_int_equal(slicing_check(&workload, &error), -EINVAL);
    assert_non_null(strstr(error.text, "phases"));
    workload_release(&workload);
}

/* What a path says of how long it takes; 350 ms of a slice are measured. */
static void test_what_is_short_enough(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool fits;
    } paths[] = {
        {"/", true},
        {"/gzip:64KiB/spin:200k", true},
        {"/wait:350ms", true},
        {"/wait:351ms", false},
        {"/wait:50ms~exp/block:300ms", true},
        {"/wait:51ms~exp/block:300ms", false},
        {"/spin:1s", false},
        {"/fetch:wait=1s", false},
    };
    const struct slicing slicing = {.count = 1, .slice_ns = 400 * NS_PER_MS};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        char *text = memory_printf("{\"name\":\"s\",\"title\":\"t\",\"question\":\"q\","
                                   "\"family\":\"f\",\"requests\":[{\"path\":\"%s\"}]}",
                                   paths[i].path);
        const struct words all = {0};
        struct scenario scenario;
        struct error error;
        if (scenario_read_string(&scenario, "s", text, &error) < 0)
            fail_msg("%s", error.text);
        if ((slice_check(&scenario, &all, &slicing, &error) == 0) != paths[i].fits)
            fail_msg("%s is %s", paths[i].path, paths[i].fits ? "refused" : "accepted");
        scenario_release(&scenario);
        free(text);
    }
}

/* ---- the load --------------------------------------------------------------------- */

static struct server_answer answer_good(uint64_t number, const char *request)
{
    (void)number, (void)request;
    return (struct server_answer){SERVER_REPLY, REPLY_GOOD};
}

static struct server_answer answer_nothing(uint64_t number, const char *request)
{
    (void)number, (void)request;
    return (struct server_answer){SERVER_IGNORE, NULL};
}

/* Two servers and a plan for both. */
struct two {
    struct scripted_server servers[SLICE_SIDES];
    struct load_plan plan;
    struct slicing slicing;
    struct slice_series series;
};

static void two_start(struct two *two, server_script *first, server_script *second)
{
    struct error error;
    char *path;
    *two = (struct two){.servers = {{.script = first}, {.script = second}},
                        .slicing = {.count = 3, .slice_ns = 80 * NS_PER_MS}};
    server_start(&two->servers[SLICE_FIRST]);
    server_start(&two->servers[SLICE_SECOND]);
    make_plan(&two->plan, &two->servers[SLICE_FIRST]);
    struct target target;
    assert_int_equal(target_parse(&target, &path, two->servers[SLICE_SECOND].url, &error),
                     0);
    load_plan_add_target(&two->plan, &target);
    free(path);
}

static int two_run(struct two *two, struct error *error)
{
    assert_int_equal(load_plan_build(&two->plan, error), 0);
    assert_int_equal(slices_check(&two->plan, error), 0);
    int code = slices_run(&two->plan, &two->slicing, -1, &two->series, error);
    server_stop(&two->servers[SLICE_FIRST]);
    server_stop(&two->servers[SLICE_SECOND]);
    load_plan_release(&two->plan);
    return code;
}

/* Every request is accounted for: in each slice, and of each server in all. */
static void check_accounts(const struct two *two)
{
    const struct slice_series *series = &two->series;
    uint64_t sent[SLICE_SIDES] = {0}, replies[SLICE_SIDES] = {0}, good = 0;
    assert_int_equal(series->slice_count, SLICE_SIDES * (1 + two->slicing.count));
    for (size_t i = 0; i < series->slice_count; i++) {
        const struct slice *slice = &series->slices[i];
        check_identity(&slice->counts);
        good += slice->counts.ended[OUTCOME_OK];
        assert_int_equal(slice->turn, i / SLICE_SIDES);
        assert_true(slice->sent >= slice->counts.sent);
        assert_true(i == 0 || slice->t_s > series->slices[i - 1].t_s);
        assert_true(fabs(slice->duration_s - (series->slice_s - series->guard_s)) < 1e-6);
        sent[slice->side] += slice->sent;
        replies[slice->side] += slice->replies;
        assert_true(isnan(slice->cpu_s) && isnan(slice->idle_cpu_s));
    }
    for (int side = 0; side < SLICE_SIDES; side++) {
        assert_int_equal(sent[side], two->servers[side].requests);
        assert_int_equal(replies[side], two->servers[side].requests);
        assert_int_equal(two->servers[side].accepted, 4);
    }
    assert_true(good > 0);
    assert_false(series->interrupted);
}

static void test_closed_loop(void **state)
{
    (void)state;
    struct two two;
    struct error error;
    two_start(&two, answer_good, answer_good);
    two.plan.threads = 2;
    if (two_run(&two, &error) < 0)
        fail_msg("%s", error.text);
    check_accounts(&two);
    slice_series_release(&two.series);
}

/* In each turn both servers are sent the same requests at the same times of the slice;
 * the next turn goes on with other ones. */
static void test_open_loop(void **state)
{
    (void)state;
    struct two two;
    struct error error;
    two_start(&two, answer_good, answer_good);
    two.plan.workload.rate_rps = 2000;
    two.plan.workload.arrivals = ARRIVALS_POISSON;
    two.slicing.count = 4;
    if (two_run(&two, &error) < 0)
        fail_msg("%s", error.text);
    check_accounts(&two);
    const struct slice *slices = two.series.slices;
    bool differs = false;
    for (size_t turn = 0; turn <= two.slicing.count; turn++) {
        const struct slice *one = &slices[2 * turn], *other = one + 1;
        assert_true(one->side != other->side);
        assert_int_equal(one->counts.scheduled, other->counts.scheduled);
        differs = differs || one->counts.scheduled != slices[0].counts.scheduled;
    }
    assert_true(differs);
    slice_series_release(&two.series);
}

/* A server that keeps its requests would have work in the other one's slices. */
static void test_not_drained(void **state)
{
    (void)state;
    struct two two;
    struct error error;
    two_start(&two, answer_good, answer_nothing);
    two.plan.drain_ns = 400 * NS_PER_MS;
    assert_int_equal(two_run(&two, &error), -ETIMEDOUT);
    assert_non_null(strstr(error.text, "without a reply 0.4 s after slice 2"));
}

static void *interrupt(void *argument)
{
    (void)argument;
    clock_sleep_until_ns(clock_now_ns() + 150 * NS_PER_MS);
    kill(getpid(), SIGINT);
    return NULL;
}

/* What was measured is there, and it says that the rest is missing. */
static void test_interrupted(void **state)
{
    (void)state;
    struct two two;
    struct error error;
    pthread_t thread;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* of all threads of this test */
    two_start(&two, answer_good, answer_good);
    two.slicing.count = SLICING_MAX_COUNT;
    pthread_create(&thread, NULL, interrupt, NULL);
    int code = two_run(&two, &error);
    pthread_join(thread, NULL);
    if (code == -EINTR)
        return; /* before the first window began */
    assert_int_equal(code, 0);
    assert_true(two.series.interrupted);
    assert_true(two.series.slice_count < 2 * SLICING_MAX_COUNT);
    assert_false(slice_series_is_valid(&two.series));
    slice_series_release(&two.series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_what_can_be_cut),
        cmocka_unit_test(test_what_is_short_enough),
        cmocka_unit_test(test_closed_loop),
        cmocka_unit_test(test_open_loop),
        cmocka_unit_test(test_not_drained),
        cmocka_unit_test(test_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
