/*
 * repeats.h - trials that others have disturbed (steal, contention, ...) are made again
 * while their block is not far; what was measured before is set aside, not deleted.
 */
#ifndef HARNESS_REPEATS_H
#define HARNESS_REPEATS_H

#include "harness/experiment/progress.h"
#include "harness/experiment/run.h"

/* The time that trials which are made again may take in the whole run: a quarter of what
 * is planned, and of a short run at least the time of two trials. */
uint64_t repeats_budget_ns(const struct run *run);

/* Makes those again that lie from `first` to before `end` in the plan and are disturbed,
 * up to run->attempts times each; adds their time to what all have taken before. 0,
 * -EINTR or -errno. */
MUST_CHECK int repeats_run(struct run *run, size_t first, size_t end, uint64_t *spent_ns,
                           struct progress *progress, struct error *error);

#endif
