/*
 * experiment.h - what a run measures, fully decided: the scenarios with the points and
 * the durations of the profile, the contenders of each, the number of blocks, the seed.
 *
 * It is written to config.json and read back from there, so that a resumed run and a
 * recomputed report mean exactly the run that was begun.
 */
#ifndef HARNESS_EXPERIMENT_H
#define HARNESS_EXPERIMENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/options.h"
#include "harness/experiment/profile.h"
#include "harness/experiment/scenario_files.h"
#include "harness/experiment/trial_order.h"
#include "record/contender.h"

struct experiment_scenario {
    struct scenario scenario; /* its sweep has only the points that are run */
    size_t *contenders;       /* indices into the run's contenders */
    size_t contender_count;
};

struct experiment {
    char *profile; /* its name, for the record */
    uint64_t repeat, seed, overrun_ns;
    struct models models;
    struct contenders contenders;
    struct experiment_scenario *scenarios;
    size_t scenario_count;
};

struct experiment_request {
    const struct profile *profile;
    uint64_t repeat; /* 0: the profile's */
    uint64_t seed;
    uint64_t overrun_ns;
    const struct words *models;    /* empty: each scenario's own choice */
    const struct words *externals; /* files of references that join everywhere */
};

/*
 * Decides everything; takes the scenarios out of `scenarios` (release it all the
 * same). 0 or -EINVAL, and then nothing is left to release.
 */
MUST_CHECK int experiment_decide(struct experiment *run,
                                 const struct experiment_request *request,
                                 struct scenarios *scenarios, struct error *error);

cJSON *experiment_to_json(const struct experiment *run);
MUST_CHECK int experiment_from_json(struct experiment *run, const cJSON *config,
                                    struct error *error);
void experiment_release(struct experiment *run);

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
