/* plan.h - what a run is going to do, and how long that takes, before it does it. */
#ifndef COMMANDS_PLAN_H
#define COMMANDS_PLAN_H

#include <stdio.h>

#include "harness/experiment/run.h"

/* Some lines: blocks, trials, time, when it ends, looks, what is left out. */
void plan_tell(const struct run *run, FILE *file);

/* The same as a table of the scenarios, and those lines. */
void plan_print(const struct run *run, FILE *file);

#endif
