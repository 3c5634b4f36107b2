/*
 * work_calibration.h - how much work is a millisecond of computing on this machine, and
 * what do the steps of the scenarios cost here?
 *
 * Paths give CPU work as amounts of work, so that one path is the same work everywhere.
 * A scenario may give it as a time instead ("spin:10ms", "gzip:10ms"): once per run the
 * harness looks for the amount that takes so long here and writes it into the path.
 * Then it measures every CPU and BLOCKING step that is left, each alone on one core;
 * predictions are made of these. `interleave ops --calibrate` does the measuring.
 */
#ifndef HARNESS_WORK_CALIBRATION_H
#define HARNESS_WORK_CALIBRATION_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/error.h"
#include "harness/experiment/trial_order.h"
#include "workload/scenario.h"

/*
 * What was found out, as it is kept in a run's manifest; NULL: nothing was.
 * { "cpu": 0, "work": { "spin:10ms": "spin:6172839" },
 *   "steps": [ { "step": "gzip:64KiB", "kind": "CPU", "cpu_us", "wall_us", ... } ] }
 */
struct work_calibration {
    cJSON *record;
};

/* Measures what the cells' paths consist of; does nothing where they need nothing. */
MUST_CHECK int calibrate(struct work_calibration *calibration,
                         const struct trial_order *plan, struct error *error);

/* Takes over what an earlier sessions found out: the manifest's record, or NULL. */
void calibration_restore(struct work_calibration *calibration, const cJSON *record);

void calibration_release(struct work_calibration *calibration);

/* Replaces the times in the scenario's paths by amounts of work. */
void calibration_apply(const struct work_calibration *calibration,
                       struct scenario *scenario);

/* One run of a path, in seconds. */
struct path_times {
    double cpu;      /* computing */
    double wait;     /* waiting for what the system tells, other servers included */
    double blocking; /* in blocking calls */
    bool measured; /* some of it was measured, alone: beside others it may take longer */
};

/* False where the path has a step whose time is not known. */
bool calibration_path_times(const struct work_calibration *calibration, const char *path,
                            struct path_times *times);

#endif
