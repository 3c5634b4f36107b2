/*
 * skip_reasons.h - which trials of an experiment this machine can run, and why it cannot
 * run the others: they stand in the tables as not testable here.
 */
#ifndef HARNESS_SKIP_REASONS_H
#define HARNESS_SKIP_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "harness/experiment/trial_order.h"
#include "record/experiment.h"

/* A contender that cannot be measured here, in one cell or in all of a scenario. */
struct skip_reason {
    const struct scenario *scenario;
    const char *value; /* of its sweep, or NULL */
    const struct contender *contender;
    char why[ERROR_TEXT_BYTES];
};

struct skip_reasons {
    struct skip_reason *items;
    size_t count;
};

/* What the machine allows. */
struct machine_limits {
    int cpu_count;
    uint64_t descriptors;
    const char *no_postgres; /* why it cannot be had; NULL: it can, or nobody asks */
};

/* Whether any scenario asks for this database. */
bool experiment_needs_database(const struct experiment *run, int database);

/*
 * The plan of the run on this machine, shuffled; what cannot run here is left out of
 * it and told in `skip_reasons` (free its items). Both point into the run.
 */
void experiment_order_trials(const struct experiment *run,
                             const struct machine_limits *limits,
                             struct trial_order *plan, struct skip_reasons *skip_reasons);

#endif
