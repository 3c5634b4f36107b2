/*
 * twins.h - A/A: in every block of a run one contender of each scenario is measured
 * twice, under another label. What its ratio to itself shows is noise
 * (analysis/run_noise.h).
 */
#ifndef HARNESS_TWINS_H
#define HARNESS_TWINS_H

#include "harness/experiment/trial_order.h"
#include "record/experiment.h"

/*
 * Chooses who is measured twice, the same over the whole run: the first contender of the
 * scenario that this machine can run at any of its points, by the plan, and that has an
 * event loop; where none has one, the first. A model that takes one request at a time has
 * so few replies where requests wait that its noise is its own, and not the machine's.
 */
void twins_add(struct experiment *experiment, const struct trial_order *plan);

#endif
