/*
 * slices.h - the load of one plan, alternating between the plan's two servers in slices
 * (workload/slicing.h).
 *
 * Each server has a session of its own, whose connections stay open and whose threads
 * sleep while the other one has its turn: it is idle because nobody asks it anything. A
 * slice is a round of its session, with a result of its own. In an open loop slice n of
 * the one server has the arrivals of slice n of the other: both draw from the same seed.
 */
#ifndef LOADGEN_SLICES_H
#define LOADGEN_SLICES_H

#include "base/error.h"
#include "loadgen/plan/load_plan.h"
#include "record/slices.h"
#include "workload/slicing.h"

/* Whether the plan is one that slices_run can run. 0 or -EINVAL. */
MUST_CHECK int slices_check(const struct load_plan *plan, struct error *error);

/*
 * Warms both servers up for the plan's warm-up, then measures. On `events` it says
 * "connected", "slice" whenever a slice has drained, those of the warm-up included, and
 * "done"; where that is a socket it waits for an answer to the first two (events.h).
 *
 * 0 and the series, to be released, which is marked where a signal has ended it early; or
 * -ETIMEDOUT where one does not drain within the plan's time for that, or -errno.
 */
MUST_CHECK int slices_run(const struct load_plan *plan, const struct slicing *slicing,
                          int events, struct slice_series *series, struct error *error);

#endif
