/*
 * run_options.h - how a run is measured, which every command that measures by turns is
 * asked alike: how often, for how long, into which folder.
 */
#ifndef COMMANDS_RUN_OPTIONS_H
#define COMMANDS_RUN_OPTIONS_H

#include "base/options.h"
#include "harness/experiment/run.h"

struct run_settings {
    uint64_t repeat; /* blocks or pairs of processes; 0: as many as are usual */
    uint64_t seed;   /* 0: a fresh one */
    uint64_t attempts, overrun_ns;
    struct slicing slicing; /* for where slices are asked for */
    char *out;              /* NULL: a new folder in results/ */
};
extern const struct field run_options[];

/* For the help of a command that has them beside its own (struct command). */
size_t run_options_list(struct option_group *groups, size_t maximum);

/* What of a request these settings say; `by_turns`: slices are asked for. */
struct experiment_request run_request(const struct run_settings *settings, bool by_turns);

#endif
