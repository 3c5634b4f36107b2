/*
 * What the generator says of itself: busy-polling is no work, however long it lasted.
 */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "loadgen/measure/totals.h"

static double busy_cores(uint64_t cpu_ns, uint64_t spin_ns)
{
    struct load_plan plan = {.threads = 1, .sources = 1, .interval_ns = NS_PER_S};
    struct session_totals totals;
    totals_init(&totals, &plan, NS_PER_S);
    totals_add_engine(&totals,
                      &(struct engine_totals){.cpu_ns = cpu_ns, .spin_ns = spin_ns});
    double cores = totals.busiest_thread_cores;
    totals_release(&totals);
    return cores;
}

static void test_polling_is_no_work(void **state)
{
    (void)state;
    assert_float_equal(busy_cores(NS_PER_S, 0), 1, 1e-6);
    assert_float_equal(busy_cores(NS_PER_S, NS_PER_S / 4), 0.75, 1e-6);
    assert_float_equal(busy_cores(NS_PER_S, NS_PER_S), 0, 1e-6);
    /* Another process had the CPU for a part of the time. */
    assert_float_equal(busy_cores(NS_PER_S - 1, NS_PER_S), 0, 1e-6);
}

/* 2 s of CPU time: for every reply in the window, good or not, and what was polled taken
 * off; null where nothing can be told of the rest. */
static void test_cpu_time_of_a_reply(void **state)
{
    (void)state;
    struct error error;
    char *path;
    struct target target;
    struct load_plan plan = {.threads = 1, .sources = 1, .interval_ns = NS_PER_S};
    workload_init(&plan.workload);
    workload_add_request(&plan.workload, "/");
    assert_int_equal(target_parse(&target, &path, "http://127.0.0.1:1", &error), 0);
    load_plan_add_target(&plan, &target);
    assert_int_equal(load_plan_build(&plan, &error), 0);
    static const struct {
        uint64_t spin_ns;
        double expected_us; /* 0: not known */
    } cases[] = {{0, 500e3}, {NS_PER_S, 250e3}, {2 * NS_PER_S, 0}, {3 * NS_PER_S, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct session_totals totals;
        struct load_result result;
        totals_init(&totals, &plan, 10 * NS_PER_S);
        recorder_start(&totals.recorder, 0, 10 * NS_PER_S);
        for (uint64_t k = 1; k <= 5; k++)
            recorder_begun(&totals.recorder, 0, 0);
        recorder_ok(&totals.recorder, 0, 0, 0, NS_PER_S, NS_PER_S);
        recorder_ok(&totals.recorder, 0, 0, 0, NS_PER_S, NS_PER_S);
        recorder_failed(&totals.recorder, 0, 0, 0, 0, 2 * NS_PER_S, FAILURE_STATUS_4XX);
        recorder_failed(&totals.recorder, 0, 0, 0, 0, 2 * NS_PER_S, FAILURE_WRONG_DIGEST);
        recorder_failed(&totals.recorder, 0, 0, 0, 0, 2 * NS_PER_S, FAILURE_RESET);
        totals_add_engine(&totals, &(struct engine_totals){.cpu_ns = 2 * NS_PER_S,
                                                           .spin_ns = cases[i].spin_ns});
        totals_result(&totals, &result);
        double us = result.generator.cpu_us_per_request;
        if (cases[i].expected_us > 0 ? us != cases[i].expected_us : !isnan(us))
            fail_msg("case %zu: %g us", i, us);
        load_result_release(&result);
        totals_release(&totals);
    }
    free(path);
    load_plan_release(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_polling_is_no_work),
        cmocka_unit_test(test_cpu_time_of_a_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
