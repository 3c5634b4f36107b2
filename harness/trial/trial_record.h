/*
 * trial_record.h - what was seen of a trial, and trial.json made of it, with the
 * flags that say whether it may be used.
 */
#ifndef HARNESS_TRIAL_RECORD_H
#define HARNESS_TRIAL_RECORD_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "harness/probe/counters.h"
#include "harness/probe/procfs.h"
#include "harness/trial/services.h"
#include "harness/trial/trial.h"

struct trial_facts {
    char started_utc[32];
    const char *const *server_command;     /* argv, NULL-terminated */
    const char *const *server_environment; /* what was set for it; NULL: nothing */
    const char *const *load_command;

    /* Of the server: before the first connection, and at both ends of the window. */
    struct process_sample idle, before, after;
    double threads_peak, rss_peak_bytes; /* by the glances in between */
    struct rusage server_usage;          /* of its whole life */
    char server_end[128];                /* "exit code 0" */
    cJSON *server_stats;                 /* its own counts, or NULL */
    double harness_requests;             /* that it counts, but no generator sent */

    struct services *services;

    double generator_cpu_before_s, generator_cpu_after_s;
    double harness_cpu_before_s, harness_cpu_after_s;
    struct counters machine_before, machine_after;
    cJSON *load; /* the generator's result, or NULL */

    bool measured; /* the window was sampled at both ends */
    char failure[ERROR_TEXT_BYTES];
    char last_output[2048]; /* of the failed process */
};

/*
 * trial.json, and what the progress line and the exit code need of it. The facts'
 * JSON is moved into the result.
 */
cJSON *trial_record(const struct trial_setup *setup, struct trial_facts *facts,
                    struct trial_outcome *outcome);

/* The generator's series as CSV: one line for each interval. On the heap. */
char *trial_series_csv(const cJSON *load);

#endif
