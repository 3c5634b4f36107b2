/*
 * compared_run.h - a folder of results, read for a command that holds it against
 * something else.
 */
#ifndef COMMANDS_COMPARED_RUN_H
#define COMMANDS_COMPARED_RUN_H

#include "analysis/comparison.h"
#include "record/environment.h"

struct compared_run {
    struct results results;
    struct environment environment;
    struct comparison comparison;
};

/* 0 or -errno, and then nothing is left to release. */
MUST_CHECK int compared_run_read(struct compared_run *run, const char *path,
                                 struct error *error);
void compared_run_release(struct compared_run *run);

/* "quick, 6 blocks, seed 7, build ..., begun ...", on the heap. */
char *compared_run_about(const struct compared_run *run);

#endif
