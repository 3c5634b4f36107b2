/*
 * results.h - a folder of results as types: what was to be run, what the harness noted
 * while it ran, and every trial. Read whole from a folder, or made in memory.
 */
#ifndef RECORD_RESULTS_H
#define RECORD_RESULTS_H

#include <stddef.h>

#include "base/error.h"
#include "record/experiment.h"
#include "record/manifest.h"
#include "record/trial.h"

struct results {
    struct experiment experiment;
    struct manifest manifest;
    struct trial_record *trials; /* in the order in which they were run */
    size_t trial_count;
};

/* Reads the folder, and flags trials as below. On failure nothing is left to release. */
MUST_CHECK int results_read(struct results *results, const char *path,
                            struct error *error);
void results_release(struct results *results);

/* Flags the trials that are of another origin than the run: it was gone on with by
 * another build, or they were put there. */
void results_flag_origins(struct results *results);

#endif
