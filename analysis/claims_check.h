/*
 * claims_check.h - whether claims ask for what there is: scenarios, points of their
 * sweeps, classes, models and their options, metrics.
 */
#ifndef ANALYSIS_CLAIMS_CHECK_H
#define ANALYSIS_CLAIMS_CHECK_H

#include <stddef.h>

#include "base/error.h"
#include "record/claims.h"
#include "record/models.h"
#include "workload/scenario.h"

/* `claims` as they were read. 0, or -EINVAL and "file:line:column: path: what is allowed,
 * what was given (did you mean ...?)". */
MUST_CHECK int claims_check(struct claims *claims, const struct scenario *scenarios,
                            size_t scenario_count, const struct models *models,
                            struct error *error);

#endif
