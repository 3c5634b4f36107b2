/*
 * cpus.h - sets of logical CPUs, to pin the server and the generator to different ones.
 */
#ifndef BASE_CPUS_H
#define BASE_CPUS_H

#include <sched.h>
#include <stddef.h>

#include "base/error.h"

/* Parses "0-3,8" (the kernel's list format) into `set`. 0 or -EINVAL. */
MUST_CHECK int cpus_parse(const char *text, cpu_set_t *set, struct error *error);

/* Writes the kernel's list format, "0-3,8"; "" for the empty set. Returns `buffer`. */
#define CPUS_TEXT_BYTES 256
char *cpus_format(const cpu_set_t *set, char *buffer, size_t bytes);

/* The CPUs that this process may run on. */
void cpus_allowed(cpu_set_t *set);

/* How many CPUs this process may run on; at least 1. */
int cpus_allowed_count(void);

/*
 * The allowed CPUs in the order in which a run should hand them out: one logical
 * CPU of every physical core first, their hyper-thread siblings after that. Fills
 * at most CPU_SETSIZE entries and returns their number.
 */
int cpus_by_core(int order[CPU_SETSIZE]);

/* Pins the calling process's later threads and children: 0 or -errno. */
MUST_CHECK int cpus_pin(const cpu_set_t *set, struct error *error);

#endif
