/*
 * resources.h - what the process needs of the system before it can carry a plan out.
 */
#ifndef LOADGEN_RESOURCES_H
#define LOADGEN_RESOURCES_H

#include "base/error.h"
#include "loadgen/plan/load_plan.h"

/* Raises the limit of descriptors as far as it goes, and pins the process to the plan's
 * CPUs. 0, -EMFILE where there are more connections than descriptors, or -errno. */
MUST_CHECK int resources_take(const struct load_plan *plan, struct error *error);

#endif
