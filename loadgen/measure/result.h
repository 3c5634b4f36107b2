/*
 * result.h - what a run has shown: the books of all threads added up, what the
 * generator itself used, and the doubts about it; written as JSON.
 *
 * The JSON is DESIGN 3.6, schema version 1. Beyond it: "interval_s", "drain_s",
 * "seed", "interrupted", "censored" (requests that entered the distributions with the
 * age that they had reached: {count, least_age_ns}), "waited_for_connection", "whole_run"
 * (sent, replies, connections, of the whole run, for comparing with a server's count),
 * distributions in full where that is asked for (distribution.h), more of
 * the generator's own figures, "invalidates" in each warning, and "checks":
 *   "gaps"    of each arrival process, what pace.h says of its own sends: {arrivals,
 *             mean_ns (per thread), kept, anderson_darling, p_value, lag1,
 *             deviation_p99_ns}; what does not apply is null
 *   "steady"  what steadiness.h says of the series: {steady, series, bins, bin_s,
 *             cut_bins, cut_share, trend_z, trend_share}; null where the load is made
 *             of transients or there are too few intervals
 *   "latency_lag1_rank"  Spearman's correlation of latencies that followed on one
 *             another in a thread: a fact about the system, no fault
 * generator.ceiling_rps is what this generator could send here with as many threads, as
 * load --calibrate found, and generator.load_fraction the part of it that was needed;
 * null where it was never calibrated.
 * "expectations" are the limits of --expect: {expect, value, limit, unit, met}.
 * "targets" (of the whole run: url, weight, sent, replies, failed; "target" is the first
 * one's url), "all_connections" (the background's included), "requests_per_connection"
 * (null: no limit), "pipeline", "think_s" and "think_times" (null in an open loop),
 * "request_limit", "phases" (as in a scenario, or null), "trace" (file and speed, or
 * null), and "crowd": for "idle", "slow_readers" and "slow_senders", where there are any,
 * count (connections that were to stand), opened, closed (by the server), replies, failed
 * and bytes (struct background_totals). "offered_rps" is the mean over the window.
 */
#ifndef LOADGEN_RESULT_H
#define LOADGEN_RESULT_H

#include <cjson/cJSON.h>

#include "base/error.h"
#include "loadgen/engine/engine.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/plan/load_plan.h"

/* A doubt about the measurement, with its figures and the remedy. */
struct warning {
    const char *code; /* "schedule_lag" */
    char *message;    /* heap */
    bool invalidates; /* the figures must not be used */
};

#define RESULT_MAX_WARNINGS 32

struct result {
    const struct load_plan *plan;
    struct recorder recorder; /* of all threads */
    struct engine_totals totals;
    struct pace *paces; /* one per arrival process, of all threads; heap */
    size_t pace_count;
    struct target_totals *target_totals; /* one per target; heap */
    struct background_totals background[BACKGROUND_KINDS];
    uint64_t parsed_replies; /* that the parser read, short cuts left out */
    /* Measured; shorter than planned when interrupted, or out of requests. */
    uint64_t window_ns;
    double ceiling_rps; /* of this generator, by calibration; NaN: never calibrated */
    double highest_thread_cores; /* CPU share of the busiest thread, polling left out */
    bool interrupted;            /* by a signal */
    bool decided;                /* the watcher ended the window early */
    struct warning warnings[RESULT_MAX_WARNINGS];
    size_t warning_count;
};

/* Of a window that lasted window_ns, no longer than planned. */
void result_init(struct result *result, const struct load_plan *plan, uint64_t window_ns);
void result_release(struct result *result);

/* CPU time without what was spent polling for an arrival to come due. */
uint64_t result_busy_ns(const struct engine_totals *totals);

/* Adds the books of an engine that has ended. */
void result_add(struct result *result, const struct engine *engine);

/* Of all classes. */
struct counts result_counts(const struct result *result);
uint64_t result_errors(const struct counts *counts); /* of the four kinds */

/* Of all targets, over the whole run. */
struct target_totals result_whole_run(const struct result *result);

/* Good replies per second in the window; NaN where nothing was measured. */
double result_throughput(const struct result *result);

/* Latency of a class, or of all for class_index == class_count. Release it. */
void result_latency(const struct result *result, size_t class_index,
                    struct histogram *latency);
/* Service time of all. Release it. */
void result_service(const struct result *result, struct histogram *service);

void result_warn(struct result *result, const char *code, bool invalidates,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
bool result_is_valid(const struct result *result);

cJSON *result_to_json(const struct result *result);

/*
 * The latency of all classes as .hgrm, in milliseconds, and that of each named class
 * beside it ("latency.hgrm", "latency.light.hgrm"). 0 or -errno.
 */
MUST_CHECK int result_write_hgrm(const struct result *result, const char *path,
                                 struct error *error);

#endif
