/*
 * planned_trial.h - makes one of the planned trials: its folder is there completely
 * afterwards, or not at all.
 */
#ifndef HARNESS_PLANNED_TRIAL_H
#define HARNESS_PLANNED_TRIAL_H

#include "harness/experiment/progress.h"
#include "harness/experiment/run.h"

/* As planned. */
uint64_t planned_trial_time_ns(const struct run *run, size_t index);

/* Makes the trial at this index of the plan and tells of it. 0, -EINTR or -errno; a trial
 * that failed is a result. */
MUST_CHECK int planned_trial_run(struct run *run, size_t index, struct progress *progress,
                                 struct error *error);

/* Makes a trial that is no part of the run, whose folder need not be there yet: a pilot.
 * It tolerates what a scenario may tolerate, and runs in `folder`, which is gone
 * afterwards; *record is to be released. 0, -EINTR or -errno. */
MUST_CHECK int planned_trial_pilot(const struct run *run,
                                   const struct planned_trial *trial, const char *folder,
                                   struct progress *progress, struct trial_record *record,
                                   struct error *error);

#endif
