/*
 * budget.h - what of an experiment there is time for. Measured times are never cut: what
 * does not fit is left out, and named.
 */
#ifndef HARNESS_BUDGET_H
#define HARNESS_BUDGET_H

#include "base/error.h"
#include "base/text.h"
#include "harness/experiment/trial_order.h"
#include "record/experiment.h"

/*
 * Leaves those scenarios, in their order, that fit into the budget with all their blocks,
 * by the plan; a later one may fit where an earlier one does not. Where none does, the
 * first of which a block fits stays alone, with as many blocks as fit and no looks. The
 * names of the others are added to `left_out`. Nothing changes without a budget. 0, or
 * -EINVAL where not even one block fits.
 */
MUST_CHECK int budget_fit(struct experiment *experiment, const struct trial_order *plan,
                          struct words *left_out, struct error *error);

#endif
