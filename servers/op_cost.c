/* op_cost.c - see op_cost.h. */
#include "servers/op_cost.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
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

static int compare_numbers(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

static void summarise(const struct round rounds[OP_COST_ROUNDS], struct op_cost *cost)
{
    double cpu[OP_COST_ROUNDS], wall[OP_COST_ROUNDS];
    for (size_t i = 0; i < OP_COST_ROUNDS; i++) {
        cpu[i] = rounds[i].cpu_ns;
        wall[i] = rounds[i].wall_ns;
    }
    qsort(cpu, OP_COST_ROUNDS, sizeof *cpu, compare_numbers);
    qsort(wall, OP_COST_ROUNDS, sizeof *wall, compare_numbers);
    *cost = (struct op_cost){
        .cpu_ns = cpu[OP_COST_ROUNDS / 2],
        .wall_ns = wall[OP_COST_ROUNDS / 2],
        .wall_least_ns = wall[0],
        .wall_most_ns = wall[OP_COST_ROUNDS - 1],
    };
}

int op_cost_measure(struct ops *ops, const char *path, struct op_cost *cost,
                    struct error *error)
{
    struct program program;
    struct round rounds[OP_COST_ROUNDS];
    uint64_t runs = 1;
    int result = program_parse(&program, ops, path, strlen(path), error);
    if (result == 0)
        result = run_once(ops, &program, error);
    if (result == 0)
        result = run_round(ops, &program, runs, &rounds[0], error);
    while (result == 0 && rounds[0].wall_ns * (double)runs < (double)ROUND_NS) {
        runs *= 2;
        result = run_round(ops, &program, runs, &rounds[0], error);
    }
    for (size_t i = 0; i < OP_COST_ROUNDS && result == 0; i++)
        result = run_round(ops, &program, runs, &rounds[i], error);
    if (result == 0)
        summarise(rounds, cost);
    return result;
}
