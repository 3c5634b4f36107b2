/*
 * metrics.h - the figures of a trial, by name: one table says for each what it is
 * called (with its unit), how a reader sees it, and where trial.json has it.
 * samples.csv, comparison.* and the terminal all go by this table.
 */
#ifndef ANALYSIS_METRICS_H
#define ANALYSIS_METRICS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/quantity.h"

enum metric_id {
    METRIC_THROUGHPUT,
    METRIC_OFFERED,
    METRIC_LATENCY_MEAN,
    METRIC_LATENCY_P50,
    METRIC_LATENCY_P90,
    METRIC_LATENCY_P99,
    METRIC_LATENCY_P999,
    METRIC_LATENCY_MAX,
    METRIC_SERVICE_P50,
    METRIC_SERVICE_P99,
    METRIC_ERRORS,
    METRIC_ERROR_SHARE,
    METRIC_IN_FLIGHT,
    METRIC_CORES,
    METRIC_CPU_PER_REQUEST,
    METRIC_SYSTEM_SHARE,
    METRIC_VOLUNTARY,
    METRIC_INVOLUNTARY,
    METRIC_LOOP_UTILISATION,
    METRIC_LOOP_LAG_P50,
    METRIC_LOOP_LAG_P99,
    METRIC_LOOP_LAG_MAX,
    METRIC_THREADS,
    METRIC_THREADS_PEAK,
    METRIC_PROCESSES,
    METRIC_RESTARTS,
    METRIC_MEMORY,
    METRIC_MEMORY_PEAK,
    METRIC_MEMORY_PER_CONNECTION,
    METRIC_GENERATOR_CORES,
    METRIC_GENERATOR_CPU_PER_REQUEST,
    METRIC_COUNT
};

struct metric {
    const char *name;   /* "latency_p99_ns": in files */
    const char *header; /* "p99": in tables */
    enum quantity_unit unit;
    double (*read)(const cJSON *trial); /* NaN: not measured */
};

/*
 * Whether this figure of a trial is only a lower bound: a latency as long as the age at
 * which some request without a reply was given up when the run ended.
 */
bool metric_is_censored(const cJSON *trial, enum quantity_unit unit, double value);

extern const struct metric metrics[METRIC_COUNT];

/* The figures that each class of requests has. */
enum class_metric_id {
    CLASS_THROUGHPUT,
    CLASS_P50,
    CLASS_P99,
    CLASS_P999,
    CLASS_MAX,
    CLASS_ERROR_SHARE,
    CLASS_METRIC_COUNT
};

struct class_metric {
    const char *name, *header;
    enum quantity_unit unit;
    double (*read)(const cJSON *trial, const cJSON *class_result);
};

extern const struct class_metric class_metrics[CLASS_METRIC_COUNT];

/* The value as a reader sees it: "19.9k", "51.2 ms"; "-" where it is NaN. */
char *metric_format(enum quantity_unit unit, double value, char *buffer, size_t bytes);

/* A share (0..1) as a reader sees it: "97 %", "6.4 %", "0.13 %". */
char *share_format(double share, char *buffer, size_t bytes);

#endif
