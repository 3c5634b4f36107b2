/*
 * self_check.h - whether a measurement can be believed: the generator looks at its own
 * CPU, its own punctuality and what was lost, and flags what makes the figures doubtful
 * (docs/method.md). Each flag is one rule in a list.
 */
#ifndef LOADGEN_SELF_CHECK_H
#define LOADGEN_SELF_CHECK_H

#include "loadgen/measure/totals.h"

/* Adds the warnings to the result that was made of the totals. */
void self_check(const struct session_totals *totals, struct load_result *result);

#endif
