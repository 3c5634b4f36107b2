/*
 * work_calibration.h - measures what a run's record/work_calibration.h keeps.
 *
 * Paths give CPU work as amounts of work, so that one path is the same work everywhere.
 * A scenario may give it as a time instead ("spin:10ms", "gzip:10ms"): once per run the
 * harness looks for the amount that takes so long here and writes it into the path.
 * Then it measures every CPU and BLOCKING step that is left, each alone on one core;
 * predictions are made of these. `interleave ops --calibrate`, a process of its own that
 * is pinned, does the measuring.
 */
#ifndef HARNESS_WORK_CALIBRATION_H
#define HARNESS_WORK_CALIBRATION_H

#include "base/error.h"
#include "harness/experiment/trial_order.h"
#include "record/work_calibration.h"
#include "workload/scenario.h"

/* Measures what the cells' paths consist of; does nothing where they need nothing. On
 * failure nothing is left to release. */
MUST_CHECK int work_calibration_measure(struct work_calibration *calibration,
                                        const struct trial_order *order,
                                        struct error *error);

/* Replaces the times in the scenario's paths by amounts of work. */
void work_calibration_apply(const struct work_calibration *calibration,
                            struct scenario *scenario);

#endif
