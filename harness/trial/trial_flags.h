/*
 * trial_flags.h - the rules by which a trial is judged: what forbids the use of its
 * figures, and what has to be known when they are read.
 */
#ifndef HARNESS_TRIAL_FLAGS_H
#define HARNESS_TRIAL_FLAGS_H

#include "harness/trial/trial.h"
#include "record/trial.h"

/* What this process itself has added to what was measured. */
struct harness_part {
    double requests; /* that the server counts, but the window's load did not send; NAN:
                      * not known */
    double cpu_s;    /* in the window */
    /* Of the other server of a pair that has the load by turns. */
    double other_requests;
};

#define TRIAL_FULL_LOAD 0.95 /* of a server, from which on it is full */

/* Invalid, unless it is what the scenario is about. */
static inline enum flag_severity trial_flag_severity(const struct trial_setup *setup,
                                                     enum flag flag)
{
    return scenario_tolerates(setup->scenario, flag_kinds[flag].word) ? FLAG_WARNING
                                                                      : FLAG_INVALID;
}

/* Raises the flags of a trial whose window was measured, and decides whether it counts.
 */
void trial_judge(struct trial_record *trial, const struct trial_setup *setup,
                 const struct harness_part *harness);

#endif
