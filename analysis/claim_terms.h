/*
 * claim_terms.h - what the variables of a claim's formula stand for: the workload and the
 * server of a row, in the terms of docs/method.md, and what was measured in one of its
 * trials. docs/claims.md has them in words.
 */
#ifndef ANALYSIS_CLAIM_TERMS_H
#define ANALYSIS_CLAIM_TERMS_H

#include "record/contender.h"
#include "record/trial.h"
#include "record/work_calibration.h"
#include "workload/scenario.h"

struct claim_case {
    const struct scenario *scenario; /* at its point */
    const char *value;               /* of the sweep, or NULL */
    const struct contender *contender;
    const char *class_name; /* NULL: all requests */
    const struct work_calibration *calibration;
    const struct trial_record *trial;
};

/* The value of a formula of claim_letters, in seconds, bytes and requests per second. NAN
 * where one of its variables is not known. */
double claim_formula(const char *formula, const struct claim_case *known);

/* A value of a sweep as a number, "50ms" in seconds; NAN where it is none. */
double claim_point(const char *value);

#endif
