/*
 * cluster.h - a throw-away PostgreSQL for a test program: group fixtures of cmocka.
 */
#ifndef TESTS_SUPPORT_CLUSTER_H
#define TESTS_SUPPORT_CLUSTER_H

#include "tests/test.h"

#include <stdbool.h>

#include "base/child.h"
#include "base/clock.h"

static struct child cluster_process;
static char conninfo[256]; /* for libpq */
static bool has_cluster;   /* false: it cannot be had here */

/* Starts it; the script says on stderr why it cannot be had. */
static int start_cluster(void **state)
{
    (void)state;
    static const char *const arguments[] = {"postgres", "run", NULL};
    struct child_plan plan = {
        .program = "scripts/postgres", .arguments = arguments, .errors_apart = true};
    if (child_start(&cluster_process, &plan, NULL) < 0)
        return -1;
    has_cluster =
        child_await_line(&cluster_process, "listening on ", clock_now_ns() + NS_PER_MIN,
                         conninfo, sizeof conninfo) == 0;
    return 0;
}

static int stop_cluster(void **state)
{
    (void)state;
    child_stop(&cluster_process, NS_PER_MIN);
    child_release(&cluster_process);
    return 0;
}

#endif
