/* result.c - see result.h. */
#include "loadgen/measure/result.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sequence.h"
#include "base/text.h"
#include "loadgen/measure/distribution.h"
#include "loadgen/measure/steadiness.h"
#include "workload/load_fields.h"

void result_init(struct result *result, const struct load_plan *plan, uint64_t window_ns)
{
    *result = (struct result){.plan = plan, .window_ns = window_ns, .ceiling_rps = NAN};
    recorder_init(&result->recorder, plan->class_count, plan->interval_ns, window_ns);
    result->target_totals =
        memory_allocate_zeroed(plan->target_count, sizeof *result->target_totals);
}

void result_release(struct result *result)
{
    recorder_release(&result->recorder);
    for (size_t i = 0; i < result->pace_count; i++)
        pace_release(&result->paces[i]);
    free(result->paces);
    free(result->target_totals);
    for (size_t i = 0; i < result->warning_count; i++)
        free(result->warnings[i].message);
    *result = (struct result){0};
}

uint64_t result_busy_ns(const struct engine_totals *totals)
{
    return totals->cpu_ns - (totals->spin_ns < totals->cpu_ns ? totals->spin_ns : 0);
}

static void add_target_totals(struct target_totals *into,
                              const struct target_totals *from)
{
    into->sent += from->sent;
    into->replies += from->replies;
    into->failed += from->failed;
}

static void add_background_totals(struct background_totals *into,
                                  const struct background_totals *from)
{
    into->count += from->count;
    into->opened += from->opened;
    into->closed += from->closed;
    into->replies += from->replies;
    into->failed += from->failed;
    into->bytes += from->bytes;
}

struct target_totals result_whole_run(const struct result *result)
{
    struct target_totals all = {0};
    for (size_t i = 0; i < result->plan->target_count; i++)
        add_target_totals(&all, &result->target_totals[i]);
    return all;
}

/* All threads have the same processes, each a share of their arrivals. */
static void add_paces(struct result *result, const struct engine *engine)
{
    if (!result->paces) {
        result->pace_count = schedule_drawn_count(&engine->schedule);
        result->paces = memory_allocate_zeroed(result->pace_count, sizeof *result->paces);
        for (size_t i = 0; i < result->pace_count; i++)
            pace_init(&result->paces[i], engine->paces[i].arrivals,
                      engine->paces[i].mean_ns);
    }
    for (size_t i = 0; i < result->pace_count; i++)
        pairs_merge(&result->paces[i].gaps, &engine->paces[i].gaps);
}

void result_add(struct result *result, const struct engine *engine)
{
    recorder_merge(&result->recorder, &engine->recorder);
    add_paces(result, engine);
    struct engine_totals *into = &result->totals;
    const struct engine_totals *from = &engine->totals;
    into->connections += from->connections;
    into->waits += from->waits;
    into->cpu_ns += from->cpu_ns;
    into->spin_ns += from->spin_ns;
    if (from->late_ns > into->late_ns)
        into->late_ns = from->late_ns;
    result->parsed_replies += engine->parsers.parsed;
    for (size_t i = 0; i < result->plan->target_count; i++)
        add_target_totals(&result->target_totals[i], &engine->target_totals[i]);
    for (int i = 0; i < BACKGROUND_KINDS; i++)
        add_background_totals(&result->background[i], &engine->background.totals[i]);
    double cores = (double)result_busy_ns(from) / (double)result->window_ns;
    if (result->window_ns && cores > result->highest_thread_cores)
        result->highest_thread_cores = cores;
}

struct counts result_counts(const struct result *result)
{
    struct counts all = {0};
    for (size_t i = 0; i < result->recorder.class_count; i++)
        counts_add(&all, &result->recorder.classes[i].counts);
    return all;
}

uint64_t result_errors(const struct counts *counts)
{
    return counts->ended[OUTCOME_HTTP_ERROR] + counts->ended[OUTCOME_BAD_BODY] +
           counts->ended[OUTCOME_NET_ERROR] + counts->ended[OUTCOME_TIMEOUT];
}

double result_throughput(const struct result *result)
{
    if (!result->window_ns)
        return (double)NAN;
    return (double)result->recorder.completed / ((double)result->window_ns / NS_PER_S);
}

void result_latency(const struct result *result, size_t class_index,
                    struct histogram *latency)
{
    histogram_init(latency);
    for (size_t i = 0; i < result->recorder.class_count; i++) {
        if (class_index != i && class_index != result->recorder.class_count)
            continue;
        histogram_merge(latency, &result->recorder.classes[i].on_time);
        histogram_merge(latency, &result->recorder.classes[i].late);
    }
}

void result_service(const struct result *result, struct histogram *service)
{
    histogram_init(service);
    histogram_merge(service, &result->recorder.service);
    for (size_t i = 0; i < result->recorder.class_count; i++)
        histogram_merge(service, &result->recorder.classes[i].on_time);
}

void result_warn(struct result *result, const char *code, bool invalidates,
                 const char *format, ...)
{
    if (result->warning_count == RESULT_MAX_WARNINGS)
        return;
    char message[ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    result->warnings[result->warning_count++] = (struct warning){
        .code = code,
        .message = memory_copy_string(message),
        .invalidates = invalidates,
    };
}

bool result_is_valid(const struct result *result)
{
    for (size_t i = 0; i < result->warning_count; i++)
        if (result->warnings[i].invalidates)
            return false;
    return true;
}

/* ---- JSON ---------------------------------------------------------------------------
 */

static double seconds(uint64_t ns)
{
    return (double)ns / NS_PER_S;
}

static void add_counts(cJSON *object, const struct counts *counts)
{
    cJSON *json = json_add_object(object, "counts");
    json_add_number(json, "scheduled", (double)counts->scheduled);
    json_add_number(json, "sent", (double)counts->sent);
    for (int i = 0; i < OUTCOMES; i++)
        json_add_number(json, outcome_names[i], (double)counts->ended[i]);
}

static void add_distributions(cJSON *json, const struct result *result)
{
    struct histogram latency, service;
    result_latency(result, result->recorder.class_count, &latency);
    result_service(result, &service);
    distribution_add(json, "latency_ns", &latency, result->plan->full);
    distribution_add(json, "service_ns", &service, result->plan->full);
    if (result->plan->open)
        distribution_add(json, "schedule_lag_ns", &result->recorder.schedule_lag,
                         result->plan->full);
    else
        cJSON_AddNullToObject(json, "schedule_lag_ns");
    histogram_release(&latency);
    histogram_release(&service);

    cJSON *censored = json_add_object(json, "censored");
    json_add_number(censored, "count", (double)result->recorder.censored);
    json_add_number(censored, "least_age_ns",
                    result->recorder.censored ? (double)result->recorder.censored_least_ns
                                              : (double)NAN);
}

static void add_classes(cJSON *json, const struct result *result)
{
    cJSON *classes = json_add_object(json, "classes");
    for (size_t i = 0; i < result->recorder.class_count; i++) {
        cJSON *class = json_add_object(classes, result->plan->class_names[i]);
        add_counts(class, &result->recorder.classes[i].counts);
        struct histogram latency;
        result_latency(result, i, &latency);
        distribution_add(class, "latency_ns", &latency, result->plan->full);
        histogram_release(&latency);
    }
}

static void add_series(cJSON *json, const struct result *result)
{
    cJSON *series = json_add_array(json, "series");
    const struct recorder *recorder = &result->recorder;
    double none = (double)NAN;
    for (size_t i = 0; i < recorder->interval_count; i++) {
        const struct series_interval *interval = &recorder->intervals[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(series, item);
        json_add_number(item, "t_s", seconds(i * recorder->interval_ns));
        json_add_number(item, "ok", (double)interval->ok);
        json_add_number(item, "errors", (double)interval->errors);
        json_add_number(item, "in_flight", (double)interval->in_flight);
        bool p50 = interval->ok >= histogram_samples_needed(0.5);
        bool p99 = interval->ok >= histogram_samples_needed(0.99);
        json_add_number(item, "p50_ns",
                        p50 ? (double)series_interval_quantile(interval, 0.5) : none);
        json_add_number(item, "p99_ns",
                        p99 ? (double)series_interval_quantile(interval, 0.99) : none);
        json_add_number(item, "max_ns", interval->ok ? (double)interval->max_ns : none);
    }
}

static void add_generator(cJSON *json, const struct result *result)
{
    cJSON *generator = json_add_object(json, "generator");
    double none = (double)NAN;
    double completed = (double)result->recorder.completed;
    json_add_number(generator, "cpu_s", seconds(result->totals.cpu_ns));
    json_add_number(generator, "spin_s", seconds(result->totals.spin_ns));
    json_add_number(generator, "cpu_us_per_request",
                    completed > 0 ? (double)result_busy_ns(&result->totals) /
                                        (double)NS_PER_US / completed
                                  : none);
    json_add_number(generator, "busiest_thread_cores", result->highest_thread_cores);
    json_add_number(generator, "ceiling_rps", result->ceiling_rps);
    json_add_number(generator, "load_fraction",
                    result_throughput(result) / result->ceiling_rps);
    json_add_number(generator, "longest_stall_ns", (double)result->totals.late_ns);
    json_add_number(generator, "parsed_replies", (double)result->parsed_replies);
    if (result->plan->open)
        distribution_add(generator, "lag_ns", &result->recorder.own_lag,
                         result->plan->full);
    else
        cJSON_AddNullToObject(generator, "lag_ns");
}

static void add_paces_report(cJSON *json, const struct result *result)
{
    cJSON *paces = json_add_array(json, "gaps");
    for (size_t i = 0; i < result->pace_count; i++) {
        const struct pace *pace = &result->paces[i];
        struct pace_report report = pace_judge(pace);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(paces, item);
        json_add_text(item, "arrivals", arrivals_names[pace->arrivals]);
        json_add_number(item, "mean_ns", pace->mean_ns);
        json_add_number(item, "kept", (double)pace->gaps.count);
        json_add_number(item, "anderson_darling", report.anderson_darling);
        json_add_number(item, "p_value", report.p_value);
        json_add_number(item, "lag1", report.lag1);
        json_add_number(item, "deviation_p99_ns", report.deviation_p99_ns);
    }
}

static void add_steadiness(cJSON *json, const struct result *result)
{
    if (result->plan->transient) {
        cJSON_AddNullToObject(json, "steady");
        return;
    }
    struct steadiness steadiness =
        steadiness_judge(&result->recorder, result->window_ns, result->plan->open);
    if (!steadiness.judged) {
        cJSON_AddNullToObject(json, "steady");
        return;
    }
    cJSON *item = json_add_object(json, "steady");
    json_add_bool(item, "steady", !steadiness.settles_late && !steadiness.drifts);
    json_add_text(item, "series", steadiness.series);
    json_add_number(item, "bins", (double)steadiness.bins);
    json_add_number(item, "bin_s", steadiness.bin_s);
    json_add_number(item, "cut_bins", (double)steadiness.cut);
    json_add_number(item, "cut_share", steadiness.cut_share);
    json_add_number(item, "trend_z", steadiness.trend_z);
    json_add_number(item, "trend_share", steadiness.trend_share);
}

/* Fewer pairs than this have no correlation to speak of. */
#define LEAST_PAIRS 50

static void add_checks(cJSON *object, const struct result *result)
{
    const struct pairs *successive = &result->recorder.successive;
    cJSON *json = json_add_object(object, "checks");
    add_paces_report(json, result);
    add_steadiness(json, result);
    json_add_number(json, "latency_lag1_rank",
                    successive->count >= LEAST_PAIRS
                        ? sequence_rank_correlation(successive->first, successive->second,
                                                    successive->count)
                        : (double)NAN);
}

static void add_targets(cJSON *json, const struct result *result)
{
    cJSON *targets = json_add_array(json, "targets");
    for (size_t i = 0; i < result->plan->target_count; i++) {
        const struct target_totals *totals = &result->target_totals[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(targets, item);
        json_add_text(item, "url", result->plan->targets[i].url);
        json_add_number(item, "weight", result->plan->targets[i].weight);
        json_add_number(item, "sent", (double)totals->sent);
        json_add_number(item, "replies", (double)totals->replies);
        json_add_number(item, "failed", (double)totals->failed);
    }
}

static void add_background(cJSON *json, const struct result *result)
{
    cJSON *background = json_add_object(json, "crowd");
    for (int i = 0; i < BACKGROUND_KINDS; i++) {
        const struct background_totals *totals = &result->background[i];
        if (!totals->count)
            continue;
        cJSON *kind = json_add_object(background, background_names[i]);
        json_add_number(kind, "count", (double)totals->count);
        json_add_number(kind, "opened", (double)totals->opened);
        json_add_number(kind, "closed", (double)totals->closed);
        json_add_number(kind, "replies", (double)totals->replies);
        json_add_number(kind, "failed", (double)totals->failed);
        json_add_number(kind, "bytes", (double)totals->bytes);
    }
}

static void add_clients(cJSON *json, const struct load_plan *plan)
{
    const struct workload *workload = &plan->workload;
    uint64_t limit = workload_requests_per_connection(workload);
    json_add_number(json, "connections", (double)workload_connections(workload));
    json_add_number(json, "all_connections", (double)workload_all_connections(workload));
    json_add_number(json, "threads", plan->threads);
    json_add_bool(json, "keep_alive", limit != 1);
    json_add_number(json, "requests_per_connection", limit ? (double)limit : (double)NAN);
    json_add_number(json, "pipeline", (double)workload->pipeline);
    json_add_number(json, "think_s",
                    plan->open ? (double)NAN : seconds(workload->think_ns));
    json_add_text(json, "think_times",
                  plan->open ? NULL : think_times_names[workload->think_times]);
}

static void add_trace(cJSON *json, const struct workload *workload)
{
    if (!workload->trace.count) {
        cJSON_AddNullToObject(json, "trace");
        return;
    }
    cJSON *trace = json_add_object(json, "trace");
    json_add_text(trace, "file", workload->trace.path);
    json_add_number(trace, "speed", workload->trace.speed);
}

/* "trace" beside "poisson" and "constant". */
static const char *arrivals_name(const struct workload *workload)
{
    if (workload->trace.count)
        return "trace";
    bool mixed = request_is_mixed(&workload->requests[0]);
    return arrivals_names[mixed ? workload->arrivals : workload->requests[0].arrivals];
}

static void add_settings(cJSON *json, const struct load_plan *plan)
{
    const struct workload *workload = &plan->workload;
    json_add_text(json, "target", plan->targets[0].url);
    json_add_text(json, "mode", plan->open ? "open" : "closed");
    json_add_text(json, "arrivals", plan->open ? arrivals_name(workload) : NULL);
    json_add_number(json, "offered_rps",
                    plan->open ? workload_mean_rate(workload) : (double)NAN);
    if (workload->phase_count)
        workload_phases_to_json(workload, json);
    else
        cJSON_AddNullToObject(json, "phases");
    add_trace(json, workload);
    add_clients(json, plan);
    json_add_number(json, "request_limit",
                    workload->request_limit ? (double)workload->request_limit
                                            : (double)NAN);
    json_add_number(json, "seed", (double)plan->seed);
    json_add_number(json, "warmup_s", seconds(workload->warmup_ns));
    json_add_number(json, "drain_s", seconds(plan->drain_ns));
    json_add_number(json, "interval_s", seconds(plan->interval_ns));
}

cJSON *result_to_json(const struct result *result)
{
    cJSON *json = cJSON_CreateObject();
    json_add_number(json, "schema_version", 1);
    add_settings(json, result->plan);
    json_add_number(json, "duration_s", seconds(result->window_ns));
    json_add_bool(json, "interrupted", result->interrupted);
    json_add_number(json, "throughput_rps", result_throughput(result));
    struct counts counts = result_counts(result);
    add_counts(json, &counts);
    add_distributions(json, result);
    add_classes(json, result);
    add_series(json, result);
    cJSON *errors = json_add_object(json, "errors");
    for (int i = 0; i < FAILURES; i++)
        if (result->recorder.failures[i])
            json_add_number(errors, failure_kinds[i].name,
                            (double)result->recorder.failures[i]);
    json_add_number(json, "waited_for_connection",
                    result->plan->open ? (double)result->recorder.waited : (double)NAN);
    cJSON *whole = json_add_object(json, "whole_run");
    struct target_totals totals = result_whole_run(result);
    json_add_number(whole, "sent", (double)totals.sent);
    json_add_number(whole, "replies", (double)totals.replies);
    json_add_number(whole, "connections", (double)result->totals.connections);
    add_targets(json, result);
    add_background(json, result);
    add_generator(json, result);
    add_checks(json, result);
    expectations_to_json(result, json);
    json_add_bool(json, "valid", result_is_valid(result));
    cJSON *warnings = json_add_array(json, "warnings");
    for (size_t i = 0; i < result->warning_count; i++) {
        cJSON *warning = cJSON_CreateObject();
        cJSON_AddItemToArray(warnings, warning);
        json_add_text(warning, "code", result->warnings[i].code);
        json_add_text(warning, "message", result->warnings[i].message);
        json_add_bool(warning, "invalidates", result->warnings[i].invalidates);
    }
    return json;
}

static int write_hgrm(const struct result *result, size_t class_index, const char *path,
                      struct error *error)
{
    struct histogram latency;
    result_latency(result, class_index, &latency);
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (!memory)
        abort(); /* Only for want of memory, which is fatal everywhere. */
    histogram_write_hgrm(&latency, memory, NS_PER_MS);
    fclose(memory);
    histogram_release(&latency);
    int code = file_write_atomic(path, text, length, error);
    free(text);
    return code;
}

/* "dir/latency.hgrm" and "light" -> "dir/latency.light.hgrm". */
static char *path_of_class(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t stem = dot && (!slash || dot > slash + 1) && dot > path ? (size_t)(dot - path)
                                                                   : strlen(path);
    char *class_path = memory_printf("%.*s.%s%s", (int)stem, path, name, path + stem);
    for (char *c = class_path + stem; c < class_path + stem + 1 + strlen(name); c++)
        *c = *c == '/' ? '_' : *c;
    return class_path;
}

int result_write_hgrm(const struct result *result, const char *path, struct error *error)
{
    size_t classes = result->recorder.class_count;
    int code = write_hgrm(result, classes, path, error);
    for (size_t i = 0; code == 0 && i < classes; i++) {
        const char *name = result->plan->class_names[i];
        if (!*name)
            continue;
        char *class_path = path_of_class(path, name);
        code = write_hgrm(result, i, class_path, error);
        free(class_path);
    }
    return code;
}
