/*
 * trial_begin.h - what a record of a trial says before anything has started: what is run,
 * and where.
 */
#ifndef HARNESS_TRIAL_BEGIN_H
#define HARNESS_TRIAL_BEGIN_H

#include "harness/trial/trial.h"

/* Fills in the record; to be released. */
void trial_begin(struct trial_record *record, const struct trial_setup *setup);

/* Writes the scenario, at its point, into the folder: 0 or -errno. */
MUST_CHECK int trial_write_scenario(const struct trial_setup *setup, const char *folder,
                                    struct error *error);

#endif
