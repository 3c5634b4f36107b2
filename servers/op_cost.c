/* op_cost.c - see op_cost.h. */
#include "servers/op_cost.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/text.h"
#include "servers/job.h"

/* Long beside the clock's grain and an interrupt, short beside a time slice or two. */
#define ROUND_NS (10 * NS_PER_MS)

_Static_assert(OP_COST_ROUNDS % 2 == 1, "the median is the one in the middle");

static int run_once(struct ops *ops, const struct program *program, struct error *error)
{
    struct job *job = job_create(ops, program);
    if (!job)
        return error_set(error, -ENOMEM, "no memory");
    job_run_to_end(job);
    int result = 0;
    if (job->call.status)
        result = error_set(error, -EIO, "%s",
                           job->call.message ? job->call.message : "a step failed");
    job_free(job);
    return result;
}

struct round {
    double cpu_ns, wall_ns; /* for one run */
};

static int run_round(struct ops *ops, const struct program *program, uint64_t runs,
                     struct round *round, struct error *error)
{
    int result = 0;
    uint64_t cpu_ns = clock_thread_cpu_ns(), wall_ns = clock_now_ns();
    for (uint64_t i = 0; i < runs && result == 0; i++)
        result = run_once(ops, program, error);
    round->wall_ns = (double)(clock_now_ns() - wall_ns) / (double)runs;
    round->cpu_ns = (double)(clock_thread_cpu_ns() - cpu_ns) / (double)runs;
    return result;
}

/* A path on its way through the rounds. */
struct measured_path {
    struct program program;
    uint64_t runs; /* in each round */
    struct round rounds[OP_COST_ROUNDS];
};

static void prepare(struct ops *ops, struct op_cost *cost, struct measured_path *measured)
{
    struct program *program = &measured->program;
    struct round *round = &measured->rounds[0];
    struct error *why = &cost->why;
    why->text[0] = '\0';
    int result =
        program_parse(program, ops_list(ops), cost->path, strlen(cost->path), why);
    if (result == 0)
        result = run_once(ops, program, why);
    for (measured->runs = 1; result == 0; measured->runs *= 2) {
        result = run_round(ops, program, measured->runs, round, why);
        if (round->wall_ns * (double)measured->runs >= (double)ROUND_NS)
            break;
    }
}

static void summarise(const struct round rounds[OP_COST_ROUNDS], struct op_cost *cost)
{
    double cpu[OP_COST_ROUNDS], wall[OP_COST_ROUNDS];
    for (size_t i = 0; i < OP_COST_ROUNDS; i++) {
        cpu[i] = rounds[i].cpu_ns;
        wall[i] = rounds[i].wall_ns;
    }
    qsort(cpu, OP_COST_ROUNDS, sizeof *cpu, compare_doubles);
    qsort(wall, OP_COST_ROUNDS, sizeof *wall, compare_doubles);
    cost->cpu_ns = cpu[OP_COST_ROUNDS / 2];
    cost->cpu_least_ns = cpu[0];
    cost->wall_ns = wall[OP_COST_ROUNDS / 2];
    cost->wall_least_ns = wall[0];
    cost->wall_most_ns = wall[OP_COST_ROUNDS - 1];
}

size_t op_costs_measure(struct ops *ops, struct op_cost *costs, size_t count)
{
    struct measured_path *paths = memory_allocate_zeroed(count + 1, sizeof *paths);
    size_t failed = 0;
    for (size_t i = 0; i < count; i++)
        prepare(ops, &costs[i], &paths[i]);
    for (size_t round = 0; round < OP_COST_ROUNDS; round++)
        for (size_t i = 0; i < count; i++)
            if (!costs[i].why.text[0])
                run_round(ops, &paths[i].program, paths[i].runs, &paths[i].rounds[round],
                          &costs[i].why);
    for (size_t i = 0; i < count; i++) {
        if (costs[i].why.text[0])
            failed++;
        else
            summarise(paths[i].rounds, &costs[i]);
    }
    free(paths);
    return failed;
}
