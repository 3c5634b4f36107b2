/*
 * What the generator says of itself: busy-polling is no work, however long it lasted.
 */
#include "tests/test.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_polling_is_no_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
