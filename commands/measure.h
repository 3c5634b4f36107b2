/*
 * measure.h - an experiment that has been decided, from its first trial to its report:
 * what the commands that measure have in common.
 */
#ifndef COMMANDS_MEASURE_H
#define COMMANDS_MEASURE_H

#include <stdio.h>

#include "harness/experiment/run.h"

/* Measures and reports; tells on stderr what is to be known of it, and prints the tables
 * to `tables` (NULL: nowhere). `command` is what a message begins with. Returns the exit
 * code: EXIT_FAILED where a trial failed, EXIT_INVALID, EXIT_INTERRUPTED. */
int measure(struct run *run, const char *command, FILE *tables);

/* Whether a run that ended with this code has something to look at. */
bool measure_has_figures(int exit_code);

/* Tells on stderr what the doctor finds, unless that was done: before the first thing
 * that the run starts, which would be found as well. */
void measure_tell_doctor(struct run *run);

#endif
