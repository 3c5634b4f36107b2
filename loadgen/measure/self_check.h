/*
 * self_check.h - whether a measurement can be believed: the generator looks at its own
 * CPU, its own punctuality and what was lost, and flags what makes the figures doubtful
 * (METHOD 1, "Honest about itself"). Each flag is one rule in a list.
 */
#ifndef LOADGEN_SELF_CHECK_H
#define LOADGEN_SELF_CHECK_H

#include "loadgen/measure/result.h"

/* Adds the warnings to the result. */
void selfcheck(struct result *result);

#endif
