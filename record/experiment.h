/*
 * experiment.h - what a run measures, fully decided: the scenarios with the points and
 * the durations of the profile, the contenders of each, the number of blocks, the seed.
 *
 * It is written to config.json and read back from there, so that a resumed run and a
 * recomputed report mean exactly the run that was begun, with the models of that time.
 */
#ifndef RECORD_EXPERIMENT_H
#define RECORD_EXPERIMENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "record/contender.h"
#include "record/models.h"
#include "workload/scenario.h"
#include "workload/slicing.h"

struct experiment_scenario {
    struct scenario scenario; /* its sweep has only the points that are run */
    size_t *contenders;       /* indices into the run's contenders */
    size_t contender_count;
    /* A/A: the contender that is run twice in each block, and its twin, which is none of
     * the above; equal where nothing is. */
    size_t twin_of, twin;
};

struct experiment {
    char *profile;   /* its name, for the record */
    uint64_t repeat; /* blocks, as far as is decided: see manifest_blocks */
    uint64_t seed, overrun_ns;
    uint64_t budget_ns; /* for all trials; 0: as long as they take */
    uint64_t *looks;    /* numbers of blocks after which the run ends or goes on to the
                         * next; heap; none: it has `repeat` blocks */
    size_t look_count;
    struct slicing slicing; /* each contender of a cell has the load by turns with the
                             * first one, itself included; count 0: trials are whole */
    struct models models;
    struct contenders contenders;
    struct experiment_scenario *scenarios;
    size_t scenario_count;
};

/* Adds a contender to the run, if it is new there, and to the scenario, which is one of
 * the run's. 0 or -EINVAL. */
MUST_CHECK int experiment_add_contender(struct experiment *run,
                                        struct experiment_scenario *own,
                                        const char *label, struct error *error);

/* Lets a contender of the scenario run twice in each block. */
void experiment_add_twin(struct experiment *run, struct experiment_scenario *own,
                         size_t contender);

/* Leaves those scenarios for which `keep` is set, and their contenders. */
void experiment_keep(struct experiment *run, const bool *keep);

/* The look after so many blocks that comes next; 0: there is none. */
uint64_t experiment_next_look(const struct experiment *run, uint64_t blocks);

/* The configuration as config.json has it. */
cJSON *experiment_to_json(const struct experiment *run);

/* Reads it back. 0 or -EINVAL, and then nothing is left to release. */
MUST_CHECK int experiment_from_json(struct experiment *run, const cJSON *config,
                                    struct error *error);
void experiment_release(struct experiment *run);

#endif
