/*
 * load_summary.h - a result as text for people: what was sent, what came back, how long
 * it took, what went wrong and what to do about it.
 */
#ifndef LOADGEN_LOAD_SUMMARY_H
#define LOADGEN_LOAD_SUMMARY_H

#include <stdio.h>

#include "loadgen/plan/load_plan.h"
#include "record/load_result.h"

/* Before the run: one sentence about what is going to be sent. */
void summary_announce(const struct load_plan *plan, FILE *file);

void summary_print(const struct load_result *result, FILE *file);

/* One line for each warning: whether it invalidates the result, and why. */
void summary_print_warnings(const struct load_result *result, FILE *file);

#endif
