/* metrics.c - see metrics.h. */
#include "analysis/metrics.h"

#include <math.h>
#include <stdio.h>

#include "base/json.h"

/* Memory per connection means nothing below this many: it is noise. */
#define CONNECTIONS_TO_TELL 100

static double at(const cJSON *trial, const char *path, const char *key)
{
    return json_number(json_at(trial, path), key);
}

/* ---- the load's side -------------------------------------------------------------- */

static double read_throughput(const cJSON *trial)
{
    return at(trial, "load", "throughput_rps");
}

static double read_offered(const cJSON *trial)
{
    return at(trial, "load", "offered_rps");
}

#define LATENCY_READER(function, path, key)                                              \
    static double function(const cJSON *trial)                                           \
    {                                                                                    \
        return at(trial, path, key);                                                     \
    }
LATENCY_READER(read_latency_mean, "load/latency_ns", "mean")
LATENCY_READER(read_latency_p50, "load/latency_ns", "p50")
LATENCY_READER(read_latency_p90, "load/latency_ns", "p90")
LATENCY_READER(read_latency_p99, "load/latency_ns", "p99")
LATENCY_READER(read_latency_p999, "load/latency_ns", "p999")
LATENCY_READER(read_latency_max, "load/latency_ns", "max")
LATENCY_READER(read_service_p50, "load/service_ns", "p50")
LATENCY_READER(read_service_p99, "load/service_ns", "p99")

/* Everything that was due and did not end well. */
static double errors_of(const cJSON *counts)
{
    return json_number(counts, "http_error") + json_number(counts, "bad_body") +
           json_number(counts, "net_error") + json_number(counts, "timeout") +
           json_number(counts, "dropped");
}

/* Of what came to an end: requests still in flight are neither good nor bad. */
static double error_share_of(const cJSON *counts)
{
    double errors = errors_of(counts), ended = errors + json_number(counts, "ok");
    return ended > 0 ? errors / ended : (double)NAN;
}

static double read_errors(const cJSON *trial)
{
    return errors_of(json_at(trial, "load/counts"));
}

static double read_error_share(const cJSON *trial)
{
    return error_share_of(json_at(trial, "load/counts"));
}

/* ---- the server's side ------------------------------------------------------------ */

static double window(const cJSON *trial, const char *key)
{
    return at(trial, "server/window", key);
}

static double read_cores(const cJSON *trial)
{
    return window(trial, "cpu_s") / window(trial, "cpu_elapsed_s");
}

/* Replies of any kind that left the server each second of the window. */
static double finished_per_second(const cJSON *trial)
{
    const cJSON *counts = json_at(trial, "load/counts");
    double refused = json_number(counts, "http_error") + json_number(counts, "bad_body");
    return read_throughput(trial) + refused / at(trial, "load", "duration_s");
}

static double per_request(double per_second, const cJSON *trial)
{
    double rate = finished_per_second(trial);
    return rate > 0 ? per_second / rate : (double)NAN;
}

/*
 * Little's law on the server's side of the wire: replies per second times the mean
 * time that a reply took from the actual send.
 */
static double read_in_flight(const cJSON *trial)
{
    return read_throughput(trial) * at(trial, "load/service_ns", "mean") / 1e9;
}

static double read_cpu_per_request(const cJSON *trial)
{
    return per_request(read_cores(trial), trial) * 1e9;
}

static double read_system_share(const cJSON *trial)
{
    double user = window(trial, "user_s"), system = window(trial, "system_s");
    return user + system > 0 ? system / (user + system) : (double)NAN;
}

/*
 * Where each request has a connection of its own, threads may end with it and take
 * their counts along; the server's whole life then stands for the window.
 */
static double switches(const cJSON *trial, const char *key)
{
    if (!cJSON_IsFalse(json_at(trial, "load/keep_alive")))
        return per_request(window(trial, key) / window(trial, "switches_elapsed_s"),
                           trial);
    double sent = at(trial, "load/whole_run", "replies");
    return sent > 0 ? at(trial, "server/lifetime", key) / sent : (double)NAN;
}

static double read_voluntary(const cJSON *trial)
{
    return switches(trial, "voluntary_switches");
}

static double read_involuntary(const cJSON *trial)
{
    return switches(trial, "involuntary_switches");
}

/* What the server says of its loops between the marks of the window. */
static double read_loop_utilisation(const cJSON *trial)
{
    return at(trial, "server/stats/loop", "utilisation");
}

LATENCY_READER(read_loop_lag_p50, "server/stats/loop/lag_ns", "p50")
LATENCY_READER(read_loop_lag_p99, "server/stats/loop/lag_ns", "p99")
LATENCY_READER(read_loop_lag_max, "server/stats/loop/lag_ns", "max")

static double read_threads(const cJSON *trial)
{
    return window(trial, "threads");
}

static double read_threads_peak(const cJSON *trial)
{
    return window(trial, "threads_peak");
}

static double read_restarts(const cJSON *trial)
{
    return at(trial, "server/stats", "restarts");
}

static double read_processes(const cJSON *trial)
{
    return window(trial, "processes");
}

/* Shared pages count once where the kernel can tell (PSS). */
static double read_memory(const cJSON *trial)
{
    double pss = window(trial, "pss_bytes");
    return isnan(pss) ? window(trial, "rss_bytes") : pss;
}

static double read_memory_peak(const cJSON *trial)
{
    return window(trial, "rss_peak_bytes");
}

/*
 * What the server itself allocated since it was idle. Pages of the program do not count:
 * how many of them are resident, and shared with whom, says nothing of connections.
 */
static double read_memory_per_connection(const cJSON *trial)
{
    double connections = at(trial, "load", "all_connections");
    if (isnan(connections)) /* a trial of before there were crowds */
        connections = at(trial, "load", "connections");
    const char *mode = json_string(json_at(trial, "load"), "mode");
    /* In an open loop the connections in use vary, so nothing is divided by them. */
    if (!mode || mode[0] != 'c' || !(connections >= CONNECTIONS_TO_TELL))
        return NAN;
    return (window(trial, "anon_bytes") - window(trial, "idle_anon_bytes")) / connections;
}

static double read_generator_cores(const cJSON *trial)
{
    return at(trial, "generator", "cpu_s") / at(trial, "generator", "elapsed_s");
}

static double read_generator_cpu_per_request(const cJSON *trial)
{
    return per_request(read_generator_cores(trial), trial) * 1e9;
}

const struct metric metrics[METRIC_COUNT] = {
    [METRIC_THROUGHPUT] = {"throughput_rps", "req/s", QUANTITY_COUNT, read_throughput},
    [METRIC_OFFERED] = {"offered_rps", "offered/s", QUANTITY_COUNT, read_offered},
    [METRIC_LATENCY_MEAN] = {"latency_mean_ns", "mean", QUANTITY_TIME, read_latency_mean},
    [METRIC_LATENCY_P50] = {"latency_p50_ns", "p50", QUANTITY_TIME, read_latency_p50},
    [METRIC_LATENCY_P90] = {"latency_p90_ns", "p90", QUANTITY_TIME, read_latency_p90},
    [METRIC_LATENCY_P99] = {"latency_p99_ns", "p99", QUANTITY_TIME, read_latency_p99},
    [METRIC_LATENCY_P999] = {"latency_p999_ns", "p99.9", QUANTITY_TIME,
                             read_latency_p999},
    [METRIC_LATENCY_MAX] = {"latency_max_ns", "max", QUANTITY_TIME, read_latency_max},
    [METRIC_SERVICE_P50] = {"service_p50_ns", "service p50", QUANTITY_TIME,
                            read_service_p50},
    [METRIC_SERVICE_P99] = {"service_p99_ns", "service p99", QUANTITY_TIME,
                            read_service_p99},
    [METRIC_ERRORS] = {"errors", "errors", QUANTITY_COUNT, read_errors},
    [METRIC_ERROR_SHARE] = {"errors_per_request", "error share", QUANTITY_COUNT,
                            read_error_share},
    [METRIC_IN_FLIGHT] = {"in_flight_mean", "in flight", QUANTITY_COUNT, read_in_flight},
    [METRIC_CORES] = {"cores_used", "cores", QUANTITY_COUNT, read_cores},
    [METRIC_CPU_PER_REQUEST] = {"cpu_per_request_ns", "CPU/req", QUANTITY_TIME,
                                read_cpu_per_request},
    [METRIC_SYSTEM_SHARE] = {"cpu_system_share", "system share", QUANTITY_COUNT,
                             read_system_share},
    [METRIC_VOLUNTARY] = {"voluntary_switches_per_request", "vol/req", QUANTITY_COUNT,
                          read_voluntary},
    [METRIC_INVOLUNTARY] = {"involuntary_switches_per_request", "inv/req", QUANTITY_COUNT,
                            read_involuntary},
    [METRIC_LOOP_UTILISATION] = {"loop_utilisation", "loop busy", QUANTITY_COUNT,
                                 read_loop_utilisation},
    [METRIC_LOOP_LAG_P50] = {"loop_lag_p50_ns", "lag p50", QUANTITY_TIME,
                             read_loop_lag_p50},
    [METRIC_LOOP_LAG_P99] = {"loop_lag_p99_ns", "lag p99", QUANTITY_TIME,
                             read_loop_lag_p99},
    [METRIC_LOOP_LAG_MAX] = {"loop_lag_max_ns", "lag max", QUANTITY_TIME,
                             read_loop_lag_max},
    [METRIC_THREADS] = {"threads", "threads", QUANTITY_COUNT, read_threads},
    [METRIC_THREADS_PEAK] = {"threads_peak", "threads peak", QUANTITY_COUNT,
                             read_threads_peak},
    [METRIC_RESTARTS] = {"restarts", "restarts", QUANTITY_COUNT, read_restarts},
    [METRIC_PROCESSES] = {"processes", "processes", QUANTITY_COUNT, read_processes},
    [METRIC_MEMORY] = {"memory_bytes", "memory", QUANTITY_SIZE, read_memory},
    [METRIC_MEMORY_PEAK] = {"memory_peak_bytes", "memory peak", QUANTITY_SIZE,
                            read_memory_peak},
    [METRIC_MEMORY_PER_CONNECTION] = {"memory_per_connection_bytes", "mem/conn",
                                      QUANTITY_SIZE, read_memory_per_connection},
    [METRIC_GENERATOR_CORES] = {"generator_cores_used", "generator cores", QUANTITY_COUNT,
                                read_generator_cores},
    [METRIC_GENERATOR_CPU_PER_REQUEST] = {"generator_cpu_per_request_ns",
                                          "generator CPU/req", QUANTITY_TIME,
                                          read_generator_cpu_per_request},
};

/* ---- classes ---------------------------------------------------------------------- */

/* The class's share of the good replies. */
static double class_throughput(const cJSON *trial, const cJSON *class_result)
{
    double all = at(trial, "load/counts", "ok");
    double own = json_number(json_at(class_result, "counts"), "ok");
    return all > 0 ? read_throughput(trial) * own / all : (double)NAN;
}

#define CLASS_READER(function, key)                                                      \
    static double function(const cJSON *trial, const cJSON *class_result)                \
    {                                                                                    \
        (void)trial;                                                                     \
        return json_number(json_at(class_result, "latency_ns"), key);                    \
    }
CLASS_READER(class_p50, "p50")
CLASS_READER(class_p99, "p99")
CLASS_READER(class_p999, "p999")
CLASS_READER(class_max, "max")

static double class_error_share(const cJSON *trial, const cJSON *class_result)
{
    (void)trial;
    return error_share_of(json_at(class_result, "counts"));
}

const struct class_metric class_metrics[CLASS_METRIC_COUNT] = {
    [CLASS_THROUGHPUT] = {"throughput_rps", "req/s", QUANTITY_COUNT, class_throughput},
    [CLASS_P50] = {"latency_p50_ns", "p50", QUANTITY_TIME, class_p50},
    [CLASS_P99] = {"latency_p99_ns", "p99", QUANTITY_TIME, class_p99},
    [CLASS_P999] = {"latency_p999_ns", "p99.9", QUANTITY_TIME, class_p999},
    [CLASS_MAX] = {"latency_max_ns", "max", QUANTITY_TIME, class_max},
    [CLASS_ERROR_SHARE] = {"errors_per_request", "error share", QUANTITY_COUNT,
                           class_error_share},
};

bool metric_is_censored(const cJSON *trial, enum quantity_unit unit, double value)
{
    const cJSON *censored = json_at(trial, "load/censored");
    return unit == QUANTITY_TIME && json_number(censored, "count") > 0 &&
           value >= json_number(censored, "least_age_ns");
}

char *metric_format(enum quantity_unit unit, double value, char *buffer, size_t bytes)
{
    if (isnan(value))
        snprintf(buffer, bytes, "-");
    else if (unit == QUANTITY_COUNT && value > 0 && value < 0.005)
        snprintf(buffer, bytes, "<0.01");
    else if (unit == QUANTITY_COUNT && value < 10)
        snprintf(buffer, bytes, value == floor(value) ? "%.0f" : "%.2f", value);
    else
        quantity_format(unit, value, buffer, bytes);
    return buffer;
}

char *share_format(double share, char *buffer, size_t bytes)
{
    double percent = 100 * share;
    snprintf(buffer, bytes, percent < 10 ? "%.2g %%" : "%.0f %%", percent);
    return buffer;
}
