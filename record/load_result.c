/* load_result.c - see load_result.h. */
#include "record/load_result.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload/workload.h"

/* ---- words ------------------------------------------------------------------------ */

const char *const load_mode_words[] = {
    [LOAD_CLOSED] = "closed", [LOAD_OPEN] = "open", NULL};
static const char *const arrival_words[] = {
    [ARRIVALS_POISSON] = "poisson",
    [ARRIVALS_CONSTANT] = "constant",
    [LOAD_ARRIVALS_TRACE] = "trace",
    NULL,
};
static const char *const steady_words[] = {
    [STEADY_OK] = "ok", [STEADY_P50] = "p50_ns", NULL};
static const char *const expectation_words[] = {
    [EXPECTATION_TIME] = "ns",
    [EXPECTATION_COUNT] = "requests",
    [EXPECTATION_RATE] = "per second",
    [EXPECTATION_SHARE] = "share",
    NULL,
};

/* ---- the parts -------------------------------------------------------------------- */

static const char other_phases[] = "the generators did not load in the same phases";

static const struct record_field phase_fields[] = {
    {MEMBER_TEXT("duration", phase_setting, duration), .rule = RECORD_EQUAL,
     .why = other_phases},
    {MEMBER_WORD("shape", phase_setting, shape, phase_shape_names), .rule = RECORD_EQUAL,
     .why = other_phases},
    {MEMBER_NUMBER("rate", phase_setting, rate_rps), .rule = RECORD_SUM, .unit = "1/s",
     .optional = true},
    {MEMBER_NUMBER("connections", phase_setting, connections), .rule = RECORD_SUM,
     .optional = true},
    {MEMBER_NUMBER("to", phase_setting, to), .rule = RECORD_SUM, .optional = true},
    {MEMBER_TEXT("period", phase_setting, period), .rule = RECORD_EQUAL, .optional = true,
     .why = other_phases},
    {MEMBER_TEXT("burst", phase_setting, burst), .rule = RECORD_EQUAL, .optional = true,
     .why = other_phases},
    {0},
};
static const struct record_type phase_type = RECORD_TYPE(phase_setting, phase_fields);

static const struct record_field trace_fields[] = {
    {MEMBER_TEXT("file", trace_setting, file)},
    {MEMBER_NUMBER("speed", trace_setting, speed)},
    {0},
};
static const struct record_type trace_type = RECORD_TYPE(trace_setting, trace_fields);

static const struct record_field censored_fields[] = {
    {MEMBER_COUNT("count", censored, count), .rule = RECORD_SUM},
    {MEMBER_NUMBER("least_age_ns", censored, least_age_ns), .rule = RECORD_MINIMUM,
     .unit = "ns"},
    {0},
};
static const struct record_type censored_type = RECORD_TYPE(censored, censored_fields);

static const struct record_field class_fields[] = {
    {MEMBER_STRUCT("counts", class_result, counts, counts_type), .rule = RECORD_SUM},
    {MEMBER_STRUCT("latency_ns", class_result, latency, distribution_type),
     .rule = RECORD_SUM},
    {0},
};
static const struct record_type class_type = RECORD_TYPE(class_result, class_fields);

static const char quantile_of_sum[] =
    "a quantile of a sum does not follow from those of its parts";

static const struct record_field interval_fields[] = {
    {MEMBER_NUMBER("t_s", interval_result, t_s), .rule = RECORD_MINIMUM, .unit = "s"},
    {MEMBER_COUNT("ok", interval_result, ok), .rule = RECORD_SUM},
    {MEMBER_COUNT("errors", interval_result, errors), .rule = RECORD_SUM},
    {MEMBER_COUNT("in_flight", interval_result, in_flight), .rule = RECORD_SUM},
    {MEMBER_NUMBER("p50_ns", interval_result, p50_ns), .rule = RECORD_NONE, .unit = "ns",
     .why = quantile_of_sum},
    {MEMBER_NUMBER("p99_ns", interval_result, p99_ns), .rule = RECORD_NONE, .unit = "ns",
     .why = quantile_of_sum},
    {MEMBER_NUMBER("max_ns", interval_result, max_ns), .rule = RECORD_MAXIMUM,
     .unit = "ns"},
    {0},
};
static const struct record_type interval_type =
    RECORD_TYPE(interval_result, interval_fields);

static const struct record_field whole_run_fields[] = {
    {MEMBER_COUNT("sent", whole_run, sent), .rule = RECORD_SUM},
    {MEMBER_COUNT("replies", whole_run, replies), .rule = RECORD_SUM},
    {MEMBER_COUNT("connections", whole_run, connections), .rule = RECORD_SUM},
    {MEMBER_NUMBER("reconnects", whole_run, reconnects), .rule = RECORD_SUM},
    {MEMBER_NUMBER("closed_idle", whole_run, closed_idle), .rule = RECORD_SUM,
     .optional = true},
    {MEMBER_NUMBER("resent", whole_run, resent), .rule = RECORD_SUM, .optional = true},
    {0},
};
static const struct record_type whole_run_type = RECORD_TYPE(whole_run, whole_run_fields);

static const struct record_field traffic_fields[] = {
    {MEMBER_TALLY_OF("statuses", traffic_result, statuses, status_names[0], 0),
     .rule = RECORD_SUM},
    {MEMBER_COUNT("received_bytes", traffic_result, received_bytes), .rule = RECORD_SUM,
     .unit = "bytes"},
    {MEMBER_COUNT("sent_bytes", traffic_result, sent_bytes), .rule = RECORD_SUM,
     .unit = "bytes"},
    {MEMBER_NUMBER("received_bytes_per_s", traffic_result, received_per_s),
     .rule = RECORD_SUM, .unit = "bytes/s"},
    {MEMBER_NUMBER("sent_bytes_per_s", traffic_result, sent_per_s), .rule = RECORD_SUM,
     .unit = "bytes/s"},
    {0},
};
static const struct record_type traffic_type =
    RECORD_TYPE(traffic_result, traffic_fields);

static const struct record_field accounted_fields[] = {
    {MEMBER_NUMBER("from_s", accounted, from_s), .unit = "s"},
    {MEMBER_NUMBER("to_s", accounted, to_s), .unit = "s"},
    {MEMBER_NUMBER("replies", accounted, replies)},
    {0},
};
static const struct record_type accounted_type = RECORD_TYPE(accounted, accounted_fields);

static const struct record_field clients_fields[] = {
    {MEMBER_NUMBER("connections", clients_result, connections), .rule = RECORD_SUM},
    {MEMBER_NUMBER("starved", clients_result, starved), .rule = RECORD_SUM},
    {MEMBER_NUMBER("least", clients_result, least), .rule = RECORD_MINIMUM},
    {MEMBER_NUMBER("median", clients_result, median), .rule = RECORD_NONE,
     .why = "medians do not add up"},
    {MEMBER_NUMBER("most", clients_result, most), .rule = RECORD_MAXIMUM},
    {0},
};
static const struct record_type clients_type =
    RECORD_TYPE(clients_result, clients_fields);

static const struct record_field target_fields[] = {
    {MEMBER_TEXT("url", target_result, url), .required = true},
    {MEMBER_NUMBER("weight", target_result, weight)},
    {MEMBER_COUNT("sent", target_result, sent), .rule = RECORD_SUM},
    {MEMBER_COUNT("replies", target_result, replies), .rule = RECORD_SUM},
    {MEMBER_COUNT("failed", target_result, failed), .rule = RECORD_SUM},
    {0},
};
static const struct record_type target_type = RECORD_TYPE(target_result, target_fields);

static const struct record_field background_fields[] = {
    {MEMBER_COUNT("count", background_result, count), .rule = RECORD_SUM},
    {MEMBER_COUNT("opened", background_result, opened), .rule = RECORD_SUM},
    {MEMBER_COUNT("closed", background_result, closed), .rule = RECORD_SUM},
    {MEMBER_COUNT("replies", background_result, replies), .rule = RECORD_SUM},
    {MEMBER_COUNT("failed", background_result, failed), .rule = RECORD_SUM},
    {MEMBER_COUNT("bytes", background_result, bytes), .rule = RECORD_SUM,
     .unit = "bytes"},
    {0},
};
static const struct record_type background_type =
    RECORD_TYPE(background_result, background_fields);

static const struct record_field generator_fields[] = {
    {MEMBER_NUMBER("cpu_s", generator_result, cpu_s), .rule = RECORD_SUM, .unit = "s"},
    {MEMBER_NUMBER("spin_s", generator_result, spin_s), .rule = RECORD_SUM, .unit = "s"},
    {MEMBER_NUMBER("run_delay_s", generator_result, run_delay_s), .rule = RECORD_SUM,
     .unit = "s", .optional = true},
    {MEMBER_NUMBER("cpu_us_per_request", generator_result, cpu_us_per_request),
     .rule = RECORD_LATER, .unit = "us"},
    {MEMBER_NUMBER("busiest_thread_cores", generator_result, busiest_thread_cores),
     .rule = RECORD_MAXIMUM, .unit = "cores"},
    {MEMBER_NUMBER("ceiling_rps", generator_result, ceiling_rps), .rule = RECORD_SUM,
     .unit = "1/s"},
    {MEMBER_NUMBER("load_fraction", generator_result, load_fraction),
     .rule = RECORD_LATER},
    {MEMBER_NUMBER("longest_stall_ns", generator_result, longest_stall_ns),
     .rule = RECORD_MAXIMUM, .unit = "ns"},
    {MEMBER_COUNT("parsed_replies", generator_result, parsed_replies),
     .rule = RECORD_SUM},
    {MEMBER_POINTER("lag_ns", generator_result, lag, distribution_type),
     .rule = RECORD_SUM},
    {0},
};
static const struct record_type generator_type =
    RECORD_TYPE(generator_result, generator_fields);

static const struct record_field gaps_fields[] = {
    {MEMBER_WORD("arrivals", gaps_result, arrivals, arrivals_names)},
    {MEMBER_NUMBER("mean_ns", gaps_result, mean_ns), .unit = "ns"},
    {MEMBER_COUNT("kept", gaps_result, kept)},
    {MEMBER_NUMBER("anderson_darling", gaps_result, anderson_darling)},
    {MEMBER_NUMBER("p_value", gaps_result, p_value)},
    {MEMBER_NUMBER("lag1", gaps_result, lag1)},
    {MEMBER_NUMBER("deviation_p99_ns", gaps_result, deviation_p99_ns), .unit = "ns"},
    {0},
};
static const struct record_type gaps_type = RECORD_TYPE(gaps_result, gaps_fields);

static const struct record_field steady_fields[] = {
    {MEMBER_BOOL("steady", steady_result, steady)},
    {MEMBER_WORD("series", steady_result, series, steady_words)},
    {MEMBER_COUNT("bins", steady_result, bins)},
    {MEMBER_NUMBER("bin_s", steady_result, bin_s), .unit = "s"},
    {MEMBER_COUNT("cut_bins", steady_result, cut_bins)},
    {MEMBER_NUMBER("cut_share", steady_result, cut_share)},
    {MEMBER_NUMBER("trend_z", steady_result, trend_z)},
    {MEMBER_NUMBER("trend_share", steady_result, trend_share)},
    {0},
};
static const struct record_type steady_type = RECORD_TYPE(steady_result, steady_fields);

static const struct record_field checks_fields[] = {
    {MEMBER_LIST("gaps", checks_result, gaps, gaps_count, gaps_type)},
    {MEMBER_POINTER("steady", checks_result, steady, steady_type)},
    {MEMBER_NUMBER("latency_lag1_rank", checks_result, latency_lag1_rank)},
    {0},
};
static const struct record_type checks_type = RECORD_TYPE(checks_result, checks_fields);

static const struct record_field expectation_fields[] = {
    {MEMBER_TEXT("expect", expectation_result, text), .required = true},
    {MEMBER_NUMBER("value", expectation_result, value)},
    {MEMBER_NUMBER("limit", expectation_result, limit)},
    {MEMBER_WORD("unit", expectation_result, unit, expectation_words), .required = true},
    {MEMBER_SWITCH("at_least", expectation_result, at_least), .optional = true},
    {MEMBER_BOOL("met", expectation_result, met)},
    {0},
};
static const struct record_type expectation_type =
    RECORD_TYPE(expectation_result, expectation_fields);

static const struct record_field warning_fields[] = {
    {MEMBER_TEXT("code", load_warning, word), .required = true},
    {MEMBER_TEXT("message", load_warning, message), .required = true},
    {MEMBER_BOOL("invalidates", load_warning, invalidates)},
    {0},
};

/* Words that are not known come from other versions, and are kept. */
static int read_warning(struct json_document *document, const cJSON *node, void *record,
                        struct error *error)
{
    (void)document, (void)node, (void)error;
    struct load_warning *warning = record;
    warning->flag = flag_find(warning->word);
    return 0;
}

static const struct record_type warning_type = {
    .size = sizeof(struct load_warning),
    .fields = warning_fields,
    .hooks = &(const struct record_hooks){.read = read_warning},
};

/* ---- the whole -------------------------------------------------------------------- */

static const struct record_field load_result_fields[] = {
    {MEMBER_COUNT("schema_version", load_result, schema_version), .rule = RECORD_EQUAL},
    {MEMBER_TEXTS("merged", load_result, merged), .rule = RECORD_LATER, .optional = true},
    {MEMBER_LIST("runs", load_result, runs, run_count, load_run_type),
     .rule = RECORD_LATER, .optional = true},
    {MEMBER_TEXT("target", load_result, target)},
    {MEMBER_WORD("mode", load_result, mode, load_mode_words), .rule = RECORD_EQUAL,
     .required = true, .why = "their latencies do not mean the same"},
    {MEMBER_WORD("arrivals", load_result, arrivals, arrival_words), .rule = RECORD_EQUAL,
     .why = "their sum is neither"},
    {MEMBER_NUMBER("offered_rps", load_result, offered_rps), .rule = RECORD_SUM,
     .unit = "1/s"},
    {MEMBER_NUMBER("scheduled_rps", load_result, scheduled_rps), .rule = RECORD_SUM,
     .unit = "1/s"},
    {MEMBER_LIST("phases", load_result, phases, phase_count, phase_type),
     .rule = RECORD_BY_INDEX},
    {MEMBER_POINTER("trace", load_result, trace, trace_type)},
    {MEMBER_COUNT("connections", load_result, connections), .rule = RECORD_SUM},
    {MEMBER_COUNT("all_connections", load_result, all_connections), .rule = RECORD_SUM},
    {MEMBER_COUNT("threads", load_result, threads), .rule = RECORD_SUM},
    {MEMBER_SWITCH("keep_alive", load_result, keep_alive)},
    {MEMBER_NUMBER("requests_per_connection", load_result, requests_per_connection)},
    {MEMBER_NUMBER("pipeline", load_result, pipeline)},
    {MEMBER_NUMBER("think_s", load_result, think_s), .unit = "s"},
    {MEMBER_WORD("think_times", load_result, think_times, think_times_names)},
    {MEMBER_NUMBER("request_limit", load_result, request_limit), .rule = RECORD_SUM},
    {MEMBER_NUMBER("seed", load_result, seed)},
    {MEMBER_NUMBER("warmup_s", load_result, warmup_s), .unit = "s"},
    {MEMBER_NUMBER("drain_s", load_result, drain_s), .rule = RECORD_MAXIMUM, .unit = "s"},
    {MEMBER_NUMBER("interval_s", load_result, interval_s), .unit = "s"},
    {MEMBER_NUMBER("duration_s", load_result, duration_s), .rule = RECORD_MAXIMUM,
     .unit = "s"},
    {MEMBER_BOOL("interrupted", load_result, interrupted), .rule = RECORD_ANY},
    {MEMBER_NUMBER("throughput_rps", load_result, throughput_rps), .rule = RECORD_SUM,
     .unit = "1/s"},
    {MEMBER_STRUCT("counts", load_result, counts, counts_type), .rule = RECORD_SUM},
    {MEMBER_STRUCT("latency_ns", load_result, latency, distribution_type),
     .rule = RECORD_SUM},
    {MEMBER_STRUCT("service_ns", load_result, service, distribution_type),
     .rule = RECORD_SUM},
    {MEMBER_POINTER("first_byte_ns", load_result, first_byte, distribution_type),
     .rule = RECORD_SUM, .optional = true},
    {MEMBER_POINTER("connect_ns", load_result, connect, distribution_type),
     .rule = RECORD_SUM, .optional = true},
    {MEMBER_POINTER("schedule_lag_ns", load_result, schedule_lag, distribution_type),
     .rule = RECORD_SUM},
    {MEMBER_STRUCT("censored", load_result, censored, censored_type), .rule = RECORD_SUM},
    {MEMBER_MAP("classes", load_result, classes, class_count, class_type),
     .rule = RECORD_BY_NAME},
    {MEMBER_LIST("series", load_result, series, series_count, interval_type),
     .rule = RECORD_BY_INDEX, .optional = true},
    {MEMBER_TALLY_OF("errors", load_result, failures, failure_kinds[0].name,
                     sizeof failure_kinds[0]),
     .rule = RECORD_SUM},
    {MEMBER_POINTER("traffic", load_result, traffic, traffic_type), .rule = RECORD_SUM,
     .optional = true},
    {MEMBER_NUMBER("waited_for_connection", load_result, waited_for_connection),
     .rule = RECORD_SUM},
    {MEMBER_STRUCT("whole_run", load_result, whole_run, whole_run_type),
     .rule = RECORD_SUM},
    {MEMBER_POINTER("accounted", load_result, accounted, accounted_type),
     .rule = RECORD_NONE, .why = "each generator has its own times of reading accounts"},
    {MEMBER_POINTER("replies_per_connection", load_result, clients, clients_type),
     .rule = RECORD_SUM},
    {MEMBER_LIST("targets", load_result, targets, target_count, target_type),
     .rule = RECORD_BY_NAME},
    {MEMBER_MAP("crowd", load_result, background, background_count, background_type),
     .rule = RECORD_BY_NAME},
    {MEMBER_STRUCT("generator", load_result, generator, generator_type),
     .rule = RECORD_SUM},
    {MEMBER_POINTER("checks", load_result, checks, checks_type), .rule = RECORD_NONE,
     .why = "each generator judges its own sends"},
    {MEMBER_LIST("expectations", load_result, expectations, expectation_count,
                 expectation_type),
     .rule = RECORD_LATER},
    {MEMBER_BOOL("valid", load_result, valid), .rule = RECORD_ALL},
    {MEMBER_LIST("warnings", load_result, warnings, warning_count, warning_type),
     .rule = RECORD_LATER},
    {0},
};

#define SCHEMA_VERSION 1

static int check_version(struct json_document *document, const cJSON *node, void *record,
                         struct error *error)
{
    const struct load_result *result = record;
    if (result->schema_version == SCHEMA_VERSION)
        return 0;
    return json_error(document, node, error,
                      "expected a result of load --json (schema version %d)",
                      SCHEMA_VERSION);
}

static const struct record_hooks hooks = {.read = check_version};
const struct record_type load_result_type = {
    .size = sizeof(struct load_result), .fields = load_result_fields, .hooks = &hooks};

/* An empty list, which is not null. */
static void *no_elements(void)
{
    return memory_allocate_zeroed(1, sizeof(void *));
}

void load_result_init(struct load_result *result)
{
    record_init(&load_result_type, result);
    result->schema_version = SCHEMA_VERSION;
    result->valid = true;
    result->classes = no_elements();
    result->series = no_elements();
    result->targets = no_elements();
    result->background = no_elements();
    load_result_add_lists(result);
}

void load_result_add_lists(struct load_result *result)
{
    result->expectations = no_elements();
    result->warnings = no_elements();
}

void load_result_release(struct load_result *result)
{
    record_release(&load_result_type, result);
}

int load_result_read(struct load_result *result, struct json_document *document,
                     const cJSON *node, struct error *error)
{
    return record_read(&load_result_type, result, document, node, error);
}

void load_result_warn(struct load_result *result, enum flag flag, const char *format, ...)
{
    struct load_warning *warning =
        record_append(&result->warnings, &result->warning_count, sizeof *warning);
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&warning->message, format, arguments) < 0)
        abort(); /* Only for want of memory, which is fatal everywhere. */
    va_end(arguments);
    warning->flag = (int)flag;
    warning->word = memory_copy_string(flag_kinds[flag].word);
    warning->invalidates = flag_kinds[flag].severity == FLAG_INVALID;
    result->valid = result->valid && !warning->invalidates;
}

void load_result_set_ceiling(struct load_result *result, double ceiling_rps)
{
    result->generator.ceiling_rps = ceiling_rps;
    result->generator.load_fraction = result->throughput_rps / ceiling_rps;
}

const struct class_result *load_result_class(const struct load_result *result,
                                             const char *name)
{
    for (size_t i = 0; i < result->class_count; i++)
        if (strcmp(result->classes[i].name, name) == 0)
            return &result->classes[i];
    return NULL;
}

double load_result_scheduled_rps(const struct load_result *result, const char *class_name)
{
    const struct class_result *class =
        class_name ? load_result_class(result, class_name) : NULL;
    if (class_name && !class)
        return NAN;
    double share =
        class && result->counts.scheduled
            ? (double)class->counts.scheduled / (double)result->counts.scheduled
            : 1;
    return share * result->scheduled_rps;
}
