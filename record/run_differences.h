/*
 * run_differences.h - in what two runs, or two loads, were not the same: machine, kernel,
 * compiler, build, what was asked for. Everything that their records tell counts, but for
 * what is another one each time (the seed) or moves by itself (free memory).
 */
#ifndef RECORD_RUN_DIFFERENCES_H
#define RECORD_RUN_DIFFERENCES_H

#include <stddef.h>

#include "record/environment.h"
#include "record/experiment.h"
#include "record/load_result.h"

struct run_difference {
    char *what;  /* "kernel.release", "hello: load.connections" */
    char *a, *b; /* as JSON; NULL: it is not there */
};

struct run_differences {
    struct run_difference *items;
    size_t count;
};

/* Each adds to the list. */
void run_differences_of_machines(struct run_differences *differences,
                                 const struct environment *a,
                                 const struct environment *b);
/* Profile, blocks, and the scenarios that both have; labels tell contenders apart. */
void run_differences_of_experiments(struct run_differences *differences,
                                    const struct experiment *a,
                                    const struct experiment *b);
/* What was asked for: target, arrivals, rate, connections, phases, ... */
void run_differences_of_loads(struct run_differences *differences,
                              const struct load_result *a, const struct load_result *b);
void run_differences_release(struct run_differences *differences);

/* Whether absolute figures of both may be compared: the same model of CPU, the same CPUs
 * of it, the same hypervisor. */
bool environment_same_machine(const struct environment *a, const struct environment *b);

#endif
