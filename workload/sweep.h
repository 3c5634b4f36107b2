/*
 * sweep.h - a parameter sweep: gives the swept variable of a scenario one of its values.
 */
#ifndef WORKLOAD_SWEEP_H
#define WORKLOAD_SWEEP_H

#include "base/error.h"
#include "workload/scenario.h"

/* Sets the variable: "connections", "rate", an option of the server, or a placeholder in
 * the paths. Other names have no effect. 0 or -EINVAL. */
MUST_CHECK int sweep_apply(struct scenario *scenario, const char *variable,
                           const char *value, struct error *error);

#endif
