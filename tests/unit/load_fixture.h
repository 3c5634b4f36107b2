/*
 * load_fixture.h - a run of the load generator inside a test: a plan against a server of
 * load_server.h, and the identities that the counts of every run obey.
 */
#ifndef TESTS_LOAD_FIXTURE_H
#define TESTS_LOAD_FIXTURE_H

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "loadgen/engine/session.h"
#include "loadgen/measure/totals.h"
#include "tests/unit/load_server.h"

/* A short closed loop of 4 connections against the server; change it before run(). */
static void make_plan(struct load_plan *plan, const struct scripted_server *server)
{
    struct error error;
    char *path;
    *plan = (struct load_plan){
        .threads = 1,
        .sources = 1,
        .seed = 1,
        .interval_ns = 100 * NS_PER_MS,
        .drain_ns = 2 * NS_PER_S,
    };
    workload_init(&plan->workload);
    workload_add_request(&plan->workload, "/");
    plan->workload.connections = 4;
    plan->workload.warmup_ns = 20 * NS_PER_MS;
    plan->workload.duration_ns = 400 * NS_PER_MS;
    plan->workload.timeout_ns = 5 * NS_PER_S;
    struct target target;
    assert_int_equal(target_parse(&target, &path, server->url, &error), 0);
    load_plan_add_target(plan, &target);
    free(path);
}

static void check_identity(const struct counts *counts)
{
    uint64_t sum = 0;
    for (int i = 0; i < OUTCOMES; i++)
        sum += counts->ended[i];
    assert_int_equal(counts->scheduled, sum);
    assert_true(counts->sent <= counts->scheduled);
}

/* Runs the plan, stops the server and checks the identities of the counts. */
static inline void run(struct load_plan *plan, struct scripted_server *server,
                       struct load_result *result)
{
    struct error error;
    assert_int_equal(load_plan_build(plan, &error), 0);
    int code = session_run(plan, -1, result, &error);
    if (code < 0)
        fail_msg("%s", error.text);
    server_stop(server);

    uint64_t failures = 0, distributed = 0;
    for (size_t i = 0; i < result->class_count; i++)
        check_identity(&result->classes[i].counts);
    struct counts all = result->counts;
    check_identity(&all);
    for (int i = 0; i < FAILURES; i++)
        failures += result->failures[i];
    assert_int_equal(failures, counts_errors(&all));
    const struct histogram *latency = result->latency.histogram;
    distributed = latency->count;
    assert_int_equal(distributed, all.ended[OUTCOME_OK] + all.ended[OUTCOME_TIMEOUT] +
                                      all.ended[OUTCOME_IN_FLIGHT] +
                                      all.ended[OUTCOME_DROPPED]);
    assert_int_equal(result->censored.count, all.ended[OUTCOME_IN_FLIGHT] +
                                                 all.ended[OUTCOME_DROPPED] +
                                                 all.ended[OUTCOME_TIMEOUT]);
    uint64_t replied = 0;
    for (size_t i = 0; i < STATUSES; i++)
        replied += result->traffic->statuses[i];
    assert_int_equal(replied, all.ended[OUTCOME_OK] + all.ended[OUTCOME_HTTP_ERROR] +
                                  all.ended[OUTCOME_BAD_BODY]);
    assert_int_equal(result->first_byte->count, result->service.count);
    assert_int_equal(result->connect->count, result->whole_run.connections);
    assert_int_equal(result->run_count, 1);
    struct wall_window window = load_runs_common(result->runs, 1);
    assert_true(fabs((double)(window.end_ns - window.begin_ns) -
                     result->duration_s * NS_PER_S) < NS_PER_MS);
    assert_true(clock_wall_ns(clock_now_ns()) - window.end_ns < NS_PER_MIN);
    uint64_t in_series = 0;
    for (size_t i = 0; i < result->series_count; i++)
        in_series += result->series[i].ok;
    assert_int_equal(in_series, llround(result->throughput_rps * result->duration_s));
}

static inline void release(struct load_plan *plan, struct load_result *result)
{
    load_result_release(result);
    load_plan_release(plan);
}

#endif
