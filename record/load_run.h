/*
 * load_run.h - which run of the load generator a result is of: an id that no other run
 * has, where it ran, which binary, and when its measured window was. A sum has those of
 * all its parts, and of their parts, so that no run is added twice.
 *
 * Times are those of the wall clock, so that runs of several machines can be held against
 * each other as far as their clocks agree.
 */
#ifndef RECORD_LOAD_RUN_H
#define RECORD_LOAD_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

struct load_run {
    char *id;
    char *host;
    uint64_t process;
    char *binary_sha256; /* of the program; NULL: it did not record it */
    char *start, *end;   /* "2026-11-23T15:04:05.000000001Z" */
};
extern const struct record_type load_run_type;

/* Nanoseconds of the wall clock; empty where it does not begin before it ends. */
struct wall_window {
    uint64_t begin_ns, end_ns;
};

/* Describes this process; the window is on the monotonic clock. */
void load_run_init(struct load_run *run, uint64_t begin_ns, uint64_t end_ns);

/* What the windows of all runs have in common; at least one run. */
struct wall_window load_runs_common(const struct load_run *runs, size_t count);

#endif
