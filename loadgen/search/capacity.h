/*
 * capacity.h - the highest open-loop rate at which an objective such as "p99<50ms" holds,
 * by exponential search and bisection.
 *
 * The rate is doubled until the objective is missed (or quartered until it is kept), then
 * bisected on a logarithmic scale until the bracket is within 5 %. The highest rate that
 * kept the objective is confirmed by two more runs in full length; where one of them
 * misses, the next lower rate, by 5 %, is confirmed instead.
 *
 * Each step is a sequential test. "p99<50ms" says that at most 1 % of the requests may
 * take longer, or fail, or get no reply. A step stops as soon as the share of such bad
 * requests differs from 1 % at the 0.1 % level, by the exact binomial tails. The test is
 * repeated only when the number of requests has doubled, which limits the error of
 * repeated testing, and "kept" is accepted only after half of the step, because a queue
 * takes time to grow. Requests of one queue are correlated, so that a decision may come
 * too early: the confirmation is there for that.
 *
 * A rate that is missed while the generator itself was at fault is tried once more. Where
 * the generator is at fault again the search ends there, and says so: the server can do
 * at least as much as was kept.
 */
#ifndef LOADGEN_CAPACITY_H
#define LOADGEN_CAPACITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "loadgen/measure/expect.h"
#include "loadgen/plan/load_plan.h"
#include "record/record.h"

enum capacity_verdict {
    CAPACITY_KEPT,
    CAPACITY_MISSED,
    CAPACITY_GENERATOR,   /* missed, and the generator was at fault */
    CAPACITY_CONNECTIONS, /* missed by waiting for a free connection: once sent, requests
                             were answered in time */
};

struct capacity_step {
    double rate_rps;
    double seconds; /* measured */
    uint64_t requests, bad;
    double value_ns;   /* of the percentile; NaN: too few samples */
    int verdict;       /* enum capacity_verdict */
    bool decided;      /* by the binomial test; false: by the share that was seen */
    bool confirmation; /* only a miss ends it early */
};

enum capacity_outcome {
    CAPACITY_FOUND,
    CAPACITY_NONE,             /* missed at the lowest rate that was tried */
    CAPACITY_GENERATOR_LIMIT,  /* the server can do at least this much */
    CAPACITY_CONNECTION_LIMIT, /* likewise */
    CAPACITY_TIME_UP,          /* this much was kept, but not confirmed */
    CAPACITY_INTERRUPTED,
};

#define CAPACITY_MAX_STEPS 64

/* In a file: {schema_version, target, objective, outcome, capacity_rps, steps: [...]}. */
struct capacity {
    uint64_t schema_version;
    char *target, *objective;
    int outcome;                 /* enum capacity_outcome */
    double rps;                  /* NaN: none */
    struct capacity_step *steps; /* in the order of the search */
    size_t step_count;
};
extern const struct record_type capacity_type;

/* Only "pN<TIME" or "pN<=TIME" of all classes. 0 or -EINVAL. */
MUST_CHECK int capacity_check_objective(const struct expectation *objective,
                                        struct error *error);

/*
 * Searches with the plan (whose rate and seed it changes), beginning at its rate, for at
 * most `limit_ns` and one step. `progress` gets a line per step, or is NULL. 0 or
 * -errno; release the record on success only.
 */
MUST_CHECK int capacity_search(struct load_plan *plan,
                               const struct expectation *objective, uint64_t limit_ns,
                               FILE *progress, struct capacity *capacity,
                               struct error *error);

void capacity_print(const struct capacity *capacity, FILE *file);

/*
 * Whether `bad` of `count` show that the true share is below (-1) or above (1) `share`,
 * each with an error of at most `level`; 0 where they do not.
 */
int capacity_decide(uint64_t count, uint64_t bad, double share, double level);

#endif
