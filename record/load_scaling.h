/*
 * load_scaling.h - what became of the loads of a run that repeats one of another machine:
 * by which factors they are others, and the CPUs and pilots that say so. It is
 * scaling.json, schema version 1, in the folder of the run that repeats; what is measured
 * goes by the scenarios in its config.json, which have the factors.
 *
 * NULL and NAN are null in the file: it is not known, or there is none.
 */
#ifndef RECORD_LOAD_SCALING_H
#define RECORD_LOAD_SCALING_H

#include "record/experiment.h"
#include "record/record.h"

/* A trial's figure. */
struct pilot_trial {
    double cpu_per_request_ns;
};

/* One contender at one point, measured here before the run as it was there in it. */
struct pilot {
    char *point; /* of the sweep; NULL: there is none */
    char *model; /* the contender's label */
    struct pilot_trial *here, *there;
    size_t here_count, there_count;
    /* Of CPU time per request, here to there; the interval of 95 %. */
    double ratio, low, high;
};

/* The load of a scenario. */
struct scaled_load {
    char *scenario;               /* its name */
    double cpus_here, cpus_there; /* of its server */
    int cpu_is_same;              /* model of CPU: 1, 0; -1: not known */
    struct pilot *pilot;          /* NULL: there is none */
    double connections;           /* factor */
    double rate;                  /* factor; NAN: no rate is scaled, see `why` */
    char *why;                    /* how they come about */
};

struct load_scaling {
    uint64_t schema_version;
    char *reference;           /* the folder that is repeated */
    double pilot_s;            /* what all pilots took; NAN: they were not run */
    struct scaled_load *loads; /* in the order of the scenarios */
    size_t count;
};
extern const struct record_type load_scaling_type;

void load_scaling_init(struct load_scaling *scaling, const char *reference);
void load_scaling_release(struct load_scaling *scaling);

/* Adds that of a scenario: as it is written, and why is not known. */
struct scaled_load *load_scaling_add(struct load_scaling *scaling, const char *scenario);

/* Adds a pilot of this contender; nothing is measured yet. */
struct pilot *scaled_load_add_pilot(struct scaled_load *load, const char *point,
                                    const char *model);

/* NULL where it has none of that name. */
const struct scaled_load *load_scaling_find(const struct load_scaling *scaling,
                                            const char *scenario);

/* Whether the load is another here. */
bool scaled_load_differs(const struct scaled_load *load);

/*
 * Sets the scale of the experiment's scenarios, in place of what it was. Where there are
 * more connections, there is more of what the server's options count (threads, workers,
 * connections to others), by the same factor, but for what the sweep varies and up to
 * what all models take; words ("cores") stay.
 */
void load_scaling_apply(const struct load_scaling *scaling,
                        struct experiment *experiment);

#endif
