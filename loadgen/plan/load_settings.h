/*
 * load_settings.h - the command line of `load`, and the plan that is made of it. In
 * rising precedence: defaults, the scenario, options that were given.
 */
#ifndef LOADGEN_LOAD_SETTINGS_H
#define LOADGEN_LOAD_SETTINGS_H

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "loadgen/plan/load_plan.h"
#include "workload/workload.h"

struct load_settings {
    struct workload workload; /* filled by the tables of workload/load_fields.h */
    char *scenario, *target;  /* file; URL beside those of the operands */
    struct words requests;    /* specs, see workload/specs.h */
    int verify;               /* enum verify */
    char *digest;
    bool remote; /* targets beyond this machine are allowed */
    uint64_t threads, sources, seed, interval_ns, drain_ns;
    char *cpus, *server_cpus, *spin;
    bool full;

    /* Bitmaps of the rows that were given, see load_settings_note_given. */
    uint64_t given, head_given, load_given, trace_given, clients_given;
};

#define LOAD_SETTINGS_GROUPS 5

/*
 * Fills in LOAD_SETTINGS_GROUPS groups: the tables of options, each with its title and
 * the structure that it is about. Settings are NULL where only the help is printed.
 */
void load_settings_groups(struct load_settings *settings, struct option_group *groups);

/* After parsing: takes the bitmaps of what was given over from the groups. */
void load_settings_note_given(struct load_settings *settings,
                              const struct option_group *groups);

/*
 * Overrides a workload (the defaults, or a scenario's) with the options that were given.
 * Whatever contradicts them is dropped: a rate that is given removes phases, and phases
 * that are given remove a rate. 0 or -EINVAL.
 */
MUST_CHECK int load_settings_apply(const struct load_settings *settings,
                                   struct workload *workload, struct error *error);

/*
 * Makes a plan of the settings and of the URLs among the operands, and builds it. The
 * plan keeps pointing into the settings. `seeks_rate`: the rate is going to be searched
 * for, so that it needs a value to begin with. 0, -EINVAL or -errno, with nothing left to
 * release.
 */
MUST_CHECK int load_plan_read(struct load_plan *plan,
                              const struct load_settings *settings,
                              const struct words *urls, bool seeks_rate,
                              struct error *error);

#endif
