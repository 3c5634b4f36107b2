/* loop_health.c - the health of loops: between two marks, and over several loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "servers/loop_health.h"

/* Ticks until `until_s`, each so late; the loop is idle for this share of the time. */
static void tick(struct loop_health *health, enum loop_window window, double *now_s,
                 double until_s, double lag_s, double idle_share, double *idle_s)
{
    for (; *now_s < until_s; *now_s += 0.005) {
        *idle_s += 0.005 * idle_share;
        loop_health_tick(health, window, (uint64_t)(lag_s * 1e9),
                         (uint64_t)(*now_s * 1e9), (uint64_t)(*idle_s * 1e9));
    }
}

static void only_the_window_counts(void **state)
{
    (void)state;
    struct loop_health health = {.closed = false};
    double now_s = 1, idle_s = 0;
    loop_health_begin(&health, (uint64_t)1e9, 0);
    tick(&health, LOOP_WHOLE_LIFE, &now_s, 2, 0.5, 0, &idle_s);
    tick(&health, LOOP_IN_WINDOW, &now_s, 5, 0.001, 0.75, &idle_s);
    tick(&health, LOOP_AFTER_WINDOW, &now_s, 6, 0.7, 0, &idle_s);
    loop_health_close(&health);
    struct loop_summary summary = loop_health_summarise(&health, 1);
    assert_true(fabs(summary.utilisation - 0.25) < 0.01);
    /* 600 ticks; the one that found the window over may be of either side. */
    assert_true(fabs((double)summary.lag.count - 600) <= 2);
    assert_true(fabs(summary.lag.p50_ns / 1e6 - 1) < 0.04);
    assert_true(fabs(summary.lag.p99_ns / 1e6 - 1) < 0.04);
}

static void without_marks_the_whole_life_counts(void **state)
{
    (void)state;
    struct loop_health health = {.closed = false};
    double now_s = 1, idle_s = 0;
    loop_health_begin(&health, (uint64_t)1e9, 0);
    tick(&health, LOOP_WHOLE_LIFE, &now_s, 2, 0.002, 0.5, &idle_s);
    loop_health_close(&health);
    struct loop_summary summary = loop_health_summarise(&health, 1);
    assert_true(fabs(summary.utilisation - 0.5) < 0.01);
    /* Of 200 samples there is no p99. */
    assert_true(fabs(summary.lag.p90_ns / 1e6 - 2) < 0.08);
    assert_true(isnan(summary.lag.p99_ns));
}

static void several_are_put_together(void **state)
{
    (void)state;
    /* The third was never begun, the fourth was not closed: its process was killed. */
    struct loop_health healths[4] = {{.closed = false}};
    for (int i = 0; i < 4; i++) {
        double now_s = 1, idle_s = 0;
        if (i == 2)
            continue;
        loop_health_begin(&healths[i], (uint64_t)1e9, 0);
        tick(&healths[i], LOOP_WHOLE_LIFE, &now_s, 3, i == 1 ? 0.1 : 0.001,
             i == 1 ? 0 : 1, &idle_s);
        if (i != 3)
            loop_health_close(&healths[i]);
    }
    struct loop_summary summary = loop_health_summarise(healths, 4);
    assert_int_equal(summary.loops, 2);
    assert_true(fabs(summary.utilisation - 0.5) < 0.01);
    assert_true(fabs(summary.lag.max_ns - 1e8) < 1);
    assert_true(fabs(summary.lag.mean_ns / 1e6 - 50.5) < 0.5);
}

static void no_loop_no_figures(void **state)
{
    (void)state;
    struct loop_health health = {.closed = false};
    struct loop_summary summary = loop_health_summarise(&health, 1);
    assert_int_equal(summary.loops, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_window_counts),
        cmocka_unit_test(without_marks_the_whole_life_counts),
        cmocka_unit_test(several_are_put_together),
        cmocka_unit_test(no_loop_no_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
