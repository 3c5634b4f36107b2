/*
 * sweep.h - the one variable of a scenario that is swept (struct sweep).
 */
#ifndef WORKLOAD_SWEEP_H
#define WORKLOAD_SWEEP_H

#include "base/error.h"
#include "workload/scenario.h"

/* Sets the variable; one that is nothing known has no effect. 0 or -EINVAL. */
MUST_CHECK int sweep_apply(struct scenario *scenario, const char *variable,
                           const char *value, struct error *error);

#endif
