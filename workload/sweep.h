/*
 * sweep.h - a parameter sweep: gives the swept variable of a scenario one of its values.
 */
#ifndef WORKLOAD_SWEEP_H
#define WORKLOAD_SWEEP_H

#include "base/error.h"
#include "workload/scenario.h"

/* What a sweep may vary of the load: "connections", "idle", "rate", NULL. */
extern const char *const sweep_load_variables[];

/* Sets the variable: one of the load's, an option of the server, or a placeholder in the
 * paths. Other names have no effect. 0 or -EINVAL. */
MUST_CHECK int sweep_apply(struct scenario *scenario, const char *variable,
                           const char *value, struct error *error);

#endif
