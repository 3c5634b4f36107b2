/*
 * resources.h - the limit of descriptors (RLIMIT_NOFILE) and the CPU affinity of the
 * process, set up before a plan runs.
 */
#ifndef LOADGEN_RESOURCES_H
#define LOADGEN_RESOURCES_H

#include "base/error.h"
#include "loadgen/plan/load_plan.h"

/*
 * Raises the soft limit of descriptors to the hard one, and pins the process to the
 * plan's CPUs. An open loop that opens connections as it needs them opens no more than
 * there are descriptors for: the plan's max_connections is lowered to that. 0, -EMFILE
 * where the plan has more connections than descriptors, or -errno.
 */
MUST_CHECK int resources_take(struct load_plan *plan, struct error *error);

#endif
