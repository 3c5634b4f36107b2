/*
 * decide.h - from what a user asks of `bench` to what is measured: the profile's
 * durations and points, the contenders of each scenario, the servers of others that join.
 */
#ifndef HARNESS_DECIDE_H
#define HARNESS_DECIDE_H

#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "record/claims.h"
#include "record/experiment.h"
#include "workload/profile.h"

struct experiment_request {
    const struct profile *profile;
    uint64_t repeat;    /* blocks, without looks; 0: the profile's, with its looks */
    uint64_t budget_ns; /* for all trials; 0: the profile's, if `repeat` is not given */
    uint64_t seed;      /* 0: a fresh one */
    uint64_t overrun_ns;
    struct slicing slicing;        /* count 0: none */
    const char *folder;            /* of the scenarios; NULL: see scenario_files.h */
    const struct words *scenarios; /* named ones; empty: those of the profile */
    const struct words *models;    /* empty: each scenario's own choice */
    const struct words *externals; /* files of references that join everywhere */
    const struct claims *claims;   /* what they read is measured, in place of what
                                      scenarios and models say; NULL: no claims. With
                                      slices, what of it is told by turns */
};

/* Reads and checks the scenarios and decides everything else. 0, -EINVAL or -errno, and
 * then nothing is left to release. */
MUST_CHECK int experiment_decide(struct experiment *run,
                                 const struct experiment_request *request,
                                 struct error *error);

/* "profile quick: of 5 s it measures 1.5 s (hello), of 1.5 m 3.2 s (mixed)", on the
 * heap; NULL where the profile measures as long as the scenarios say, or is not known. */
char *experiment_note_durations(const struct experiment *run);

/* How the servers have the load by turns, on the heap; NULL where they do not. */
char *experiment_note_slices(const struct experiment *run);

#endif
