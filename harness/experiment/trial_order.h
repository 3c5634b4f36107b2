/*
 * trial_order.h - which trials a run has, and in which order.
 *
 * A cell is a scenario at one point of its sweep. A block runs every contender of
 * every cell once; within a block the cells come in a shuffled order, and within a
 * cell its contenders do, one after another, so that what is compared was measured at
 * nearly the same time. Block b is shuffled by stream b of the seed: the
 * order of a block does not depend on how many blocks there are.
 */
#ifndef HARNESS_TRIAL_ORDER_H
#define HARNESS_TRIAL_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "record/contender.h"
#include "workload/scenario.h"
#include "workload/slicing.h"

struct cell {
    const struct scenario *scenario;
    const char *value;  /* of its sweep; NULL: it has none */
    size_t *contenders; /* indices into the run's contenders */
    size_t contender_count;
};

struct planned_trial {
    uint64_t block; /* from 1 */
    size_t cell;
    size_t contender; /* index into the run's contenders */
    char *id;         /* folder name: 01-io-wait-connections=100-event-loop; by turns
                       * both contenders, the first one in front */
};

struct trial_order {
    struct slicing slicing; /* of the experiment */
    struct cell *cells;     /* in the order of the scenarios and of their points */
    size_t cell_count;
    struct planned_trial *trials; /* in the order in which they run */
    size_t trial_count;
};

/* Adds a cell; scenario and value must outlive the plan, the indices are copied. */
void trial_order_add_cell(struct trial_order *plan, const struct scenario *scenario,
                          const char *value, const size_t *contenders,
                          size_t contender_count);

/* Fills in the trials. */
void trial_order_shuffle(struct trial_order *plan, const struct contenders *contenders,
                         uint64_t blocks, uint64_t seed);

/*
 * How long a trial takes, about: its warm-up, its window or its slices, and what
 * starting, connecting, stopping and writing take. That was 1.1 s on average over the 112
 * trials of profile quick on 2 cores: 0.2 s of cpu, 2.5 s of steady-io, which has 5,000
 * connections.
 */
uint64_t trial_time_ns(const struct trial_order *plan, const struct scenario *scenario);

/* One block of a scenario, or with NULL of all. */
uint64_t trial_order_block_ns(const struct trial_order *plan,
                              const struct scenario *scenario);

/*
 * The seed of the trial's generator. It comes from the run's seed, the block, the
 * scenario and its point, and from nothing else: all contenders of a cell, which are
 * compared, get the same arrivals, whatever else is in the run.
 */
uint64_t trial_order_seed(const struct trial_order *plan,
                          const struct planned_trial *trial, uint64_t run_seed);

void trial_order_release(struct trial_order *plan);

#endif
