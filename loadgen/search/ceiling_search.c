/* ceiling_search.c - see ceiling_search.h. */
#include "loadgen/search/ceiling_search.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/cpus.h"
#include "loadgen/engine/session.h"
#include "loadgen/plan/load_plan.h"
#include "loadgen/search/null_server.h"

/* Enough to keep the generator busy, and few enough to stay in the caches. */
#define CALIBRATION_CONNECTIONS 64
#define CALIBRATION_ROUNDS      5

struct cpu_split {
    bool apart;
    char server[CPUS_TEXT_BYTES], generator[CPUS_TEXT_BYTES];
};

/* Server and generator are pinned to two physical cores, else to two logical CPUs, and
 * not pinned where there is only one. */
static struct cpu_split split_cpus(void)
{
    int order[CPU_SETSIZE];
    struct cpu_split placement = {.apart = cpus_by_core(order) >= 2};
    char *const lists[] = {placement.server, placement.generator};
    for (int i = 0; i < 2 && placement.apart; i++) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET((size_t)order[i], &one);
        cpus_format(&one, lists[i], CPUS_TEXT_BYTES);
    }
    return placement;
}

static int make_plan(struct load_plan *plan, const char *url, uint64_t round_ns,
                     const struct cpu_split *placement, struct error *error)
{
    char *path;
    struct target target;
    *plan = (struct load_plan){
        .threads = 1,
        .sources = 1,
        .interval_ns = NS_PER_S,
        .drain_ns = NS_PER_S,
        .cpus = placement->apart ? placement->generator : NULL,
    };
    workload_init(&plan->workload);
    workload_add_request(&plan->workload, "/");
    plan->workload.connections = CALIBRATION_CONNECTIONS;
    plan->workload.warmup_ns = round_ns / 5;
    plan->workload.duration_ns = round_ns;
    int code = target_parse(&target, &path, url, error);
    if (code < 0) {
        load_plan_release(plan);
        return code;
    }
    free(path);
    load_plan_add_target(plan, &target);
    return load_plan_build(plan, error);
}

static int measure_round(const struct load_plan *plan, struct ceiling *ceiling,
                         struct error *error)
{
    struct load_result result;
    int code = session_run(plan, -1, &result, error);
    if (code < 0)
        return code;
    double cpu_us = result.generator.cpu_us_per_request;
    if (result.interrupted)
        code = error_set(error, -EINTR, "interrupted");
    else if (isnan(cpu_us) || counts_errors(&result.counts))
        code = error_set(error, -EIO, "the null server did not answer as it should");
    else
        *ceiling = (struct ceiling){
            .thread_rps = 1e6 / cpu_us,
            .cpu_us_per_request = cpu_us,
            .throughput_rps = result.throughput_rps,
        };
    load_result_release(&result);
    return code;
}

static int compare_ceilings(const void *a, const void *b)
{
    return compare_doubles(&((const struct ceiling *)a)->thread_rps,
                           &((const struct ceiling *)b)->thread_rps);
}

int ceiling_search(struct ceiling *ceiling, uint64_t round_ns, struct error *error)
{
    struct cpu_split placement = split_cpus();
    struct null_server_process server;
    struct ceiling rounds[CALIBRATION_ROUNDS];
    struct load_plan plan;
    int code =
        null_server_start(&server, placement.apart ? placement.server : NULL, error);
    if (code < 0)
        return code;
    code = make_plan(&plan, server.url, round_ns, &placement, error);
    if (code == 0) {
        for (size_t i = 0; code == 0 && i < CALIBRATION_ROUNDS; i++)
            code = measure_round(&plan, &rounds[i], error);
        load_plan_release(&plan);
    }
    null_server_stop(&server);
    if (code < 0)
        return error_prefix(error, code, "calibration");
    qsort(rounds, CALIBRATION_ROUNDS, sizeof *rounds, compare_ceilings);
    *ceiling = rounds[CALIBRATION_ROUNDS / 2];
    return 0;
}
