/*
 * capacity.h - the highest open-loop rate at which an objective such as "p99<50ms" holds,
 * by exponential search and bisection.
 *
 * The rate is doubled until the objective is missed (or quartered until it is kept), then
 * bisected on a logarithmic scale until the bracket is within 5 %. The highest rate that
 * kept the objective is confirmed by two more runs in full length; where one of them
 * misses, the next lower rate, by 5 %, is confirmed instead. What is found is a bracket:
 * kept at, missed at; the second only where it was the server that missed.
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
#include "record/capacity.h"

#define CAPACITY_MAX_STEPS 64

/* Only "pN<TIME" or "pN<=TIME" of all classes. 0 or -EINVAL. */
MUST_CHECK int capacity_check_objective(const struct expectation *objective,
                                        struct error *error);

/*
 * Searches with the plan, which it leaves as it was, beginning at its rate, for at most
 * `limit_ns` and one step. `progress` gets a line per step, or is NULL. 0 or
 * -errno; release the record on success only.
 */
MUST_CHECK int capacity_search(struct load_plan *plan,
                               const struct expectation *objective, uint64_t limit_ns,
                               FILE *progress, struct capacity *capacity,
                               struct error *error);

void capacity_print(const struct capacity *capacity, FILE *file);

#endif
