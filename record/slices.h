/*
 * slices.h - the record of two servers that were alive at once, while the load alternated
 * between them (workload/slicing.h): one row for each slice. `load --slices` writes it;
 * the harness adds what the servers used, and keeps it in trial.json.
 */
#ifndef RECORD_SLICES_H
#define RECORD_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/load_result.h"
#include "record/record.h"
#include "record/server_window.h"

/* Which of the two servers had the load. */
enum slice_side { SLICE_FIRST, SLICE_SECOND, SLICE_SIDES };

/*
 * Counts and latencies are of the measured part, `sent`, `replies` and the servers' CPU
 * times of the whole slice, guard and drain included: read where nothing is in flight, so
 * that their quotient holds no part of a request.
 */
struct slice {
    uint64_t turn; /* 0: of the warm-up, else the number of the pair of slices, from 1 */
    int side;      /* enum slice_side */
    double t_s;    /* beginning of the measured part, since that of the first slice */
    double duration_s;
    double throughput_rps;
    struct counts counts;
    double latency_mean_ns, latency_p50_ns, latency_p99_ns; /* NAN: too few samples */
    uint64_t sent, replies;
    double generator_cpu_s; /* of the measured part */
    double
        generator_run_delay_s; /* its threads waited for a CPU in that; NAN: not told */
    double cpu_s, idle_cpu_s;  /* of the server in turn and of the other; NAN: not read */
    /* No warning forbids its use; that the generator is full forbids that of all or none.
     */
    bool valid;
};

/* What slices tell of the ratio of two servers, by the names of metrics; NULL ends them.
 */
extern const char *const slice_figures[];

/* What the generator said of slices: each word once. */
struct slice_warning {
    char *word;      /* of the flag */
    char *message;   /* of the first slice that has it */
    uint64_t slices; /* that have it */
    bool invalidates;
};

struct slice_series {
    uint64_t schema_version;
    char *urls[SLICE_SIDES];
    int mode;           /* enum load_mode */
    double offered_rps; /* NAN: a closed loop */
    uint64_t threads, seed;
    double slice_s, guard_s;
    bool interrupted;     /* slices are missing */
    struct slice *slices; /* in the order in which they were measured */
    size_t slice_count;
    struct slice_warning *warnings;
    size_t warning_count;
};
/* Reading one refuses a schema version that is not known. */
extern const struct record_type slice_series_type;

/* Nothing measured yet; lists are empty, not null. */
void slice_series_init(struct slice_series *series);
void slice_series_release(struct slice_series *series);

/* Adds a row made of the result of one slice, and its warnings. */
void slice_series_add(struct slice_series *series, uint64_t turn, int side, double t_s,
                      const struct load_result *result);

/* How many slices are measured: those of the warm-up do not count. */
size_t slice_series_count(const struct slice_series *series);

/* Whether a warning is one of more than a tenth of the measured slices, and forbids their
 * use. */
bool slice_warning_forbids(const struct slice_series *series,
                           const struct slice_warning *warning);

/* Whether the figures may be used: at most a tenth of the measured slices are invalid,
 * there is one, and no warning forbids it. */
bool slice_series_is_valid(const struct slice_series *series);

/* Whether it belongs to the figures, and not to the warm-up. */
static inline bool slice_is_measured(const struct slice *slice)
{
    return slice->turn > 0;
}

/* In the record of a trial: the other contender of the pair, which is the first side. */
struct sliced_pair {
    char *against;         /* its label */
    char **server_command; /* as in struct trial_commands */
    char **server_environment;
    struct server_record server;
    struct slice_series *series; /* NULL: the generator left none */
};
extern const struct record_type sliced_pair_type;

#endif
