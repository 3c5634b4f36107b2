/*
 * summary.h - a result for people: what was sent, what came back, how long it took,
 * what went wrong and what to do about it.
 */
#ifndef LOADGEN_SUMMARY_H
#define LOADGEN_SUMMARY_H

#include <stdio.h>

#include "loadgen/result.h"

/* Before the run: what is going to be sent, in a sentence. */
void summary_announce(const struct plan *plan, FILE *file);

void summary_print(const struct result *result, FILE *file);

#endif
