/*
 * machine.h - looks at this machine, for environment.json.
 */
#ifndef HARNESS_MACHINE_H
#define HARNESS_MACHINE_H

#include "record/environment.h"

/* Reads it all; takes a few milliseconds. Release it. */
void machine_describe(struct environment *environment);

/* The host's name, fit for a file name: letters, digits and "-". */
void machine_host(char *name, unsigned long bytes);

#endif
