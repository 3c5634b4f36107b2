/*
 * trial.h - the record of one trial: what was run, where, whether it counts, and all that
 * was measured of generator, server and machine. It is trial.json, schema version 1; the
 * harness fills it, everything that reads trials reads this.
 *
 * NULL and NAN are null in the file, or left out: not measured, or there was none.
 */
#ifndef RECORD_TRIAL_H
#define RECORD_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/capacity.h"
#include "record/flags.h"
#include "record/load_result.h"
#include "record/machine_counters.h"
#include "record/origin.h"
#include "record/record.h"
#include "record/server_window.h"
#include "record/slices.h"

/* Of the sweep; both NULL where the scenario has none. */
struct trial_point {
    char *variable, *value;
};

/* Argument vectors, as they can be repeated by hand in the trial's folder. */
struct trial_commands {
    char **server;
    char **server_environment; /* what was set for it; NULL: nothing */
    char **load;
    char **backend, **database; /* NULL: the scenario has none */
};

/* Lists such as "0,2-3". */
struct trial_cpus {
    char *server;
    uint64_t server_count;
    char *generator;
    bool shared;    /* the generator has no CPU of its own */
    char *services; /* of backend and database; NULL: there are none */
};

enum trial_status { TRIAL_MEASURED, TRIAL_FAILED };

/* Something that is held against the trial. */
struct trial_flag {
    int flag;      /* enum flag; -1: one that this program does not know */
    char *word;    /* of the flag, as the file has it */
    int severity;  /* enum flag_severity: of this trial */
    char *message; /* with its figures */
};

/* The generator, as the system accounts for it in the window. */
struct generator_window {
    double cpu_s, elapsed_s;
    double run_delay_s; /* that its threads waited for a CPU */
    double softirq_s;   /* CPU time of the kernel's network threads on its CPUs */
};

struct trial_record {
    uint64_t schema_version;
    char *id;       /* names its folder */
    char *scenario; /* its name */
    struct trial_point point;
    char *model;           /* the contender's label */
    uint64_t block, order; /* from 1 */
    double attempt;        /* from 1: those before it were disturbed; NAN: not recorded */
    uint64_t seed;         /* of the generator */
    char *started_utc;
    struct origin *origin; /* NULL: of a program that did not record it */
    struct trial_commands commands;
    struct trial_cpus cpus;
    int status;                 /* enum trial_status */
    char *reason, *last_output; /* of a failure */
    bool valid;                 /* measured, and no flag forbids its use */
    struct trial_flag *flags;
    size_t flag_count;
    struct load_result *load;  /* NULL: the generator left none; without its series */
    struct capacity *capacity; /* of the search before the load; NULL: there was none */
    struct server_record server;
    struct service_record *backend, *database; /* NULL: the scenario has none */
    /* NULL: the window was not reached. */
    struct generator_window *generator;
    struct machine_counters *machine;
    /* NULL: measured whole. Else the load alternated between another contender and this
     * one, which is the second side; there is no `load`, and the windows are from the end
     * of the warm-up to that of the last slice. */
    struct sliced_pair *slices;
};
/* Reading one refuses a schema version that is not known. */
extern const struct record_type trial_record_type;

/* Nothing measured yet; its schema version is set, and it has no flags. */
void trial_record_init(struct trial_record *trial);
void trial_record_release(struct trial_record *trial);

/* Adds a flag; the severity is that of this trial. */
void trial_raise(struct trial_record *trial, enum flag flag, enum flag_severity severity,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

bool trial_has_flag(const struct trial_record *trial, enum flag flag);

/* Whether the flag at `index` is the first of its word and severity: a word may be raised
 * for several reasons. */
bool trial_flag_is_first(const struct trial_record *trial, size_t index);

/*
 * How full the server was, 0..1: the share of the CPU time that its threads could have
 * used on its CPUs; or of their time that its loops were busy, where that is more. NAN:
 * not measured.
 */
double trial_server_load(const struct trial_record *trial);

/* Whether a flag forbids the use of the figures that may not be raised another time. */
bool trial_was_disturbed(const struct trial_record *trial);

/* Whether a flag forbids the use of the figures. */
bool trial_is_invalid(const struct trial_record *trial);

#endif
