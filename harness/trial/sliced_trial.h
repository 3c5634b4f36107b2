/*
 * sliced_trial.h - one pair of processes: two fresh servers, alive at once on the same
 * CPUs, between which the load alternates in slices (workload/slicing.h).
 *
 * The trial leaves in its folder what trial.h says, without series.csv and latency.hgrm;
 * server.log of each in the folders `first` and `second`.
 */
#ifndef HARNESS_SLICED_TRIAL_H
#define HARNESS_SLICED_TRIAL_H

#include "harness/trial/trial.h"
#include "workload/slicing.h"

/*
 * Runs a trial of the setup's contender, which is the second server, and of `against`,
 * which is the first. They may be one and the same: then all that differs is noise. As
 * trial_run otherwise.
 */
MUST_CHECK int sliced_trial_run(const struct trial_setup *setup,
                                const struct contender *against,
                                const struct slicing *slicing, const char *folder,
                                struct trial_record *record, struct error *error);

#endif
