/*
 * load_settings.h - what the command line of `load` says about the run, and the plan
 * that comes of it: first the defaults, then what a scenario says, then what was given.
 */
#ifndef LOADGEN_LOAD_SETTINGS_H
#define LOADGEN_LOAD_SETTINGS_H

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "loadgen/plan/load_plan.h"
#include "workload/workload.h"

struct load_settings {
    struct workload workload; /* by the tables of workload/load_fields.h */
    char *scenario, *target;  /* file; URL beside those of the operands */
    struct words requests;    /* specs, see workload/specs.h */
    int method, verify;       /* enum method, enum verify */
    char *digest;
    bool remote; /* targets beyond this machine are fine */
    uint64_t threads, sources, seed, interval_ns, drain_ns;
    char *cpus, *server_cpus, *spin;
    bool full;

    /* Which rows were given, see load_settings_note_given. */
    uint64_t given, load_given, trace_given, clients_given;
};

#define LOAD_SETTINGS_GROUPS 4

/*
 * The tables, with titles, and the settings that they fill (NULL: for the help).
 * `groups` has room for LOAD_SETTINGS_GROUPS.
 */
void load_settings_groups(struct load_settings *settings, struct option_group *groups);

/* Takes over from the groups, once they were parsed, what was given. */
void load_settings_note_given(struct load_settings *settings,
                              const struct option_group *groups);

/*
 * Puts what was given on the command line in place of what a workload, with the defaults
 * or from a scenario, says. What contradicts it goes: a rate that is given ends phases,
 * and the other way round. 0 or -EINVAL.
 */
MUST_CHECK int load_settings_apply(const struct load_settings *settings,
                                   struct workload *workload, struct error *error);

/*
 * Makes the plan of the settings and of the URLs among the operands, and builds it; it
 * keeps pointing into the settings. `seeks_rate`: its rate will be searched for, so there
 * has to be one to begin with. 0, -EINVAL or -errno, and then nothing is left to release.
 */
MUST_CHECK int load_plan_read(struct load_plan *plan,
                              const struct load_settings *settings,
                              const struct words *urls, bool seeks_rate,
                              struct error *error);

#endif
