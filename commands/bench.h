/*
 * bench.h - `bench` for a command that has a hand in what it measures.
 */
#ifndef COMMANDS_BENCH_H
#define COMMANDS_BENCH_H

#include "harness/experiment/run.h"

struct bench_watch {
    /* The run is planned and has no folder yet: what is changed of its experiment is
     * measured so. `out` is where the folder will be; NULL: only the plan is asked for,
     * and nothing is to be started. -EINTR or less than 0 ends it. */
    int (*planned)(void *context, struct run *run, const char *out, struct error *error);

    /* It has a folder, and no trials. */
    int (*created)(void *context, struct run *run, struct error *error);
    void *context;
};

/* Its exit code. A run that is gone on with is not watched. */
int bench_watched(int argc, char **argv, const struct bench_watch *watch);

#endif
