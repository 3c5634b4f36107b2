/*
 * capacity.h - what a search for the highest rate that keeps an objective has found: the
 * file of `load --find-capacity --json`. loadgen/search/capacity.h tells how it searches.
 */
#ifndef RECORD_CAPACITY_H
#define RECORD_CAPACITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

enum capacity_verdict {
    CAPACITY_KEPT,
    CAPACITY_MISSED,
    CAPACITY_GENERATOR,   /* missed, and the generator was at fault */
    CAPACITY_CONNECTIONS, /* missed by waiting for a free connection: once sent, requests
                             were answered in time */
};

extern const char *const capacity_verdict_words[]; /* "kept", ... */

struct capacity_step {
    double rate_rps;
    double seconds; /* measured */
    uint64_t requests, bad;
    double value_ns;   /* of the percentile; NaN: too few samples */
    int verdict;       /* enum capacity_verdict */
    bool decided;      /* by the binomial test; false: by the share that was seen */
    bool confirmation; /* only a miss ends it early */
};

enum capacity_outcome {
    CAPACITY_FOUND,
    CAPACITY_NONE,             /* missed at the lowest rate that was tried */
    CAPACITY_GENERATOR_LIMIT,  /* the server can do at least this much */
    CAPACITY_CONNECTION_LIMIT, /* likewise */
    CAPACITY_TIME_UP,          /* this much was kept, but not confirmed */
    CAPACITY_INTERRUPTED,
};

/*
 * The capacity lies between `rps`, which kept the objective, and `missed_rps`. In a file:
 * {schema_version, target, objective, outcome, capacity_rps, missed_rps, steps: [...]}.
 */
struct capacity {
    uint64_t schema_version;
    char *target, *objective;
    int outcome;       /* enum capacity_outcome */
    double rps;        /* the highest that kept it; NaN: none */
    double missed_rps; /* the lowest at which the server missed it; NaN: none was */
    struct capacity_step *steps; /* in the order of the search */
    size_t step_count;
};
extern const struct record_type capacity_type;

/* Whether the server may do more than `rps`, for all that this search has shown: it ended
 * at a limit of the generator's, or before its end. */
bool capacity_is_at_least(const struct capacity *capacity);

#endif
