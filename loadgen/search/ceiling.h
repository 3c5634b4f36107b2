/*
 * ceiling.h - a cache of how many requests per second this generator can send and account
 * for on this machine, as `load --calibrate` measured it: $XDG_CACHE_HOME/interleave (or
 * ~/.cache/interleave), one file per CPU model and build.
 *
 * The ceiling is that of one thread: requests per second of its CPU time, against a null
 * server, in a closed loop. It is divided by CPU time and not by wall-clock time, so that
 * it does not depend on whether the server or another process was the limit.
 */
#ifndef LOADGEN_CEILING_H
#define LOADGEN_CEILING_H

#include "base/error.h"

struct ceiling {
    double thread_rps;         /* requests per second of CPU time of one thread */
    double cpu_us_per_request; /* the same as a cost */
    double throughput_rps;     /* what was reached in that measurement */
};

/* The stored figures of this machine and build: 0, or -ENOENT, -EINVAL. */
MUST_CHECK int ceiling_load(struct ceiling *ceiling, struct error *error);

/* Stores them, making folders as needed. 0 or -errno. */
MUST_CHECK int ceiling_store(const struct ceiling *ceiling, struct error *error);

/* The ceiling of a number of threads, on the CPUs that this process may use. */
double ceiling_of_threads(const struct ceiling *ceiling, unsigned threads);

/* The path of the file; heap. NULL where neither XDG_CACHE_HOME nor HOME is set. */
char *ceiling_path(void);

#endif
