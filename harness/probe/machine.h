/*
 * machine.h - what this machine is, as environment.json: its CPUs, kernel,
 * memory, limits and network, and this program. What the machine does not tell is null.
 */
#ifndef HARNESS_MACHINE_H
#define HARNESS_MACHINE_H

#include <cjson/cJSON.h>

/* Reads it all; takes a few milliseconds. Delete the result with cJSON_Delete. */
cJSON *machine_describe(void);

/* The host's name, fit for a file name: letters, digits and "-". */
void machine_host(char *name, unsigned long bytes);

#endif
