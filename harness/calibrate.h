/*
 * calibrate.h - how much work is a millisecond of computing on this machine?
 *
 * Paths give CPU work in iterations, so that one path is the same work everywhere. A
 * scenario may say "spin:10ms" instead; once per run the harness measures what an
 * iteration costs a server here and writes iterations into the path.
 */
#ifndef HARNESS_CALIBRATE_H
#define HARNESS_CALIBRATE_H

#include <stdbool.h>

#include "base/error.h"
#include "harness/models.h"
#include "workload/scenario.h"

struct calibration {
    double iterations_per_ms; /* 0: not measured, no scenario needs it */
};

/* Whether any path gives CPU work as a time. */
bool calibration_is_needed(const struct scenario *scenario);

/*
 * Starts a server of the first model that runs here on CPU `cpu`, has it compute, and
 * divides its own CPU time by the iterations: the median of several requests.
 */
MUST_CHECK int calibrate(struct calibration *calibration, const struct models *models,
                         int cpu, struct error *error);

/* Replaces the times in the scenario's paths by iterations. */
void calibration_apply(const struct calibration *calibration, struct scenario *scenario);

/* CPU time of one run of this path, and the time it waits, in seconds; "spin" in
 * iterations or as a time. False where the path has a step whose time is not known. */
bool calibration_path_times(const struct calibration *calibration, const char *path,
                            double *cpu_s, double *wait_s);

#endif
