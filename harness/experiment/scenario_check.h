/*
 * scenario_check.h - whether a scenario can be run as it is written: what its file alone
 * does not show (workload/scenario_read.h), but the descriptors of ops and models do.
 *
 * Every path is parsed at every point of the sweep as the servers would do it, what fetch
 * steps ask for included; work may be given as a time where an op can be calibrated.
 * Models, contenders and options are looked up, values are read by the options' own
 * parsers. Nothing is started for it.
 */
#ifndef HARNESS_SCENARIO_CHECK_H
#define HARNESS_SCENARIO_CHECK_H

#include "base/error.h"
#include "base/json_document.h"
#include "record/models.h"
#include "workload/scenario.h"

/*
 * `document` is the file that the scenario was read from. 0, or -EINVAL and
 * "file:line:column: path: what is allowed, what was given (did you mean ...?)".
 */
MUST_CHECK int scenario_check_runs(struct json_document *document,
                                   const struct scenario *scenario,
                                   const struct models *models, struct error *error);

/* Reads a file and checks all of it. On failure nothing is left to release. */
MUST_CHECK int scenario_read_checked(struct scenario *scenario, const char *path,
                                     const struct models *models, struct error *error);

#endif
