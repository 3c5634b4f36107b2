/*
 * self_check.h - validity checks of a measurement: the generator's own CPU time, the lag
 * of its sends, its stalls, lost requests, the gaps between arrivals, steady state. Each
 * check is one function in a list, and adds a warning where the figures cannot be
 * trusted.
 */
#ifndef LOADGEN_SELF_CHECK_H
#define LOADGEN_SELF_CHECK_H

#include "loadgen/measure/totals.h"

/* Adds the warnings to the result, which was made of the totals. */
void self_check(const struct session_totals *totals, struct load_result *result);

#endif
