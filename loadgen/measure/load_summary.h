/*
 * load_summary.h - a result for people: what was sent, what came back, how long it took,
 * what went wrong and what to do about it.
 */
#ifndef LOADGEN_LOAD_SUMMARY_H
#define LOADGEN_LOAD_SUMMARY_H

#include <stdio.h>

#include "loadgen/measure/result.h"

/* Before the run: what is going to be sent, in a sentence. */
void summary_announce(const struct load_plan *plan, FILE *file);

void summary_print(const struct result *result, FILE *file);

#endif
