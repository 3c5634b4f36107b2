/*
 * verdict.h - from the evidence on claims to their verdicts: what several comparisons say
 * together, and Holm's correction of the claims of a family (analysis/claims.h).
 */
#ifndef ANALYSIS_VERDICT_H
#define ANALYSIS_VERDICT_H

#include <stdbool.h>

#include "record/claims.h"
#include "record/verdicts.h"

#define VERDICT_OPEN (-1) /* verdict.word: to be decided with the rest of its family */

/* Sets the P values of the claim from those of its evidence; one that asks for nothing is
 * reported. */
void verdict_combine(struct claim_verdict *verdict, const struct claim *claim);

/* Decides all that are open. `claims` are those of the verdicts, in their order. */
void verdicts_decide(struct verdicts *verdicts, const struct claims *claims);

#endif
