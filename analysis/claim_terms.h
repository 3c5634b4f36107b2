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
    double swept;                    /* what the sweep has there; NAN: no number */
    const struct contender *contender;
    const char *class_name; /* NULL: all requests */
    const struct work_calibration *calibration;
    const struct trial_record *trial;
};

/* The value of a formula of claim_letters, in seconds, bytes and requests per second. NAN
 * where one of its variables is not known. */
double claim_formula(const char *formula, const struct claim_case *known);

/* What the load's sweep has at a point, "50ms" in seconds and scaled where the load is;
 * NAN where that is no number. */
double claim_point(const struct scenario *scenario, const char *value);

#endif
