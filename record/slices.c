/* slices.c - see slices.h. */
#include "record/slices.h"

#include <math.h>
#include <string.h>

#define SCHEMA_VERSION 1

const char *const slice_figures[] = {"throughput_rps", "latency_p50_ns", "latency_p99_ns",
                                     "cpu_per_request_ns", NULL};

static const char *const side_words[] = {
    [SLICE_FIRST] = "first", [SLICE_SECOND] = "second", NULL};

static const struct record_field slice_fields[] = {
    {MEMBER_COUNT("turn", slice, turn)},
    {MEMBER_WORD("side", slice, side, side_words), .required = true},
    {MEMBER_NUMBER("t_s", slice, t_s), .unit = "s"},
    {MEMBER_NUMBER("duration_s", slice, duration_s), .unit = "s"},
    {MEMBER_NUMBER("throughput_rps", slice, throughput_rps), .unit = "1/s"},
    {MEMBER_STRUCT("counts", slice, counts, counts_type)},
    {MEMBER_NUMBER("latency_mean_ns", slice, latency_mean_ns), .unit = "ns"},
    {MEMBER_NUMBER("latency_p50_ns", slice, latency_p50_ns), .unit = "ns"},
    {MEMBER_NUMBER("latency_p99_ns", slice, latency_p99_ns), .unit = "ns"},
    {MEMBER_COUNT("sent", slice, sent)},
    {MEMBER_COUNT("replies", slice, replies)},
    {MEMBER_NUMBER("generator_cpu_s", slice, generator_cpu_s), .unit = "s"},
    {MEMBER_NUMBER("generator_run_delay_s", slice, generator_run_delay_s), .unit = "s",
     .optional = true},
    {MEMBER_NUMBER("cpu_s", slice, cpu_s), .unit = "s"},
    {MEMBER_NUMBER("idle_cpu_s", slice, idle_cpu_s), .unit = "s"},
    {MEMBER_BOOL("valid", slice, valid)},
    {0},
};
static const struct record_type slice_type = RECORD_TYPE(slice, slice_fields);

static const struct record_field warning_fields[] = {
    {MEMBER_TEXT("code", slice_warning, word), .required = true},
    {MEMBER_TEXT("message", slice_warning, message), .required = true},
    {MEMBER_COUNT("slices", slice_warning, slices)},
    {MEMBER_BOOL("invalidates", slice_warning, invalidates)},
    {0},
};
static const struct record_type warning_type = RECORD_TYPE(slice_warning, warning_fields);

static const struct record_field series_fields[] = {
    {MEMBER_COUNT("schema_version", slice_series, schema_version)},
    {MEMBER_TEXT("first", slice_series, urls[SLICE_FIRST]), .required = true},
    {MEMBER_TEXT("second", slice_series, urls[SLICE_SECOND]), .required = true},
    {MEMBER_WORD("mode", slice_series, mode, load_mode_words), .required = true},
    {MEMBER_NUMBER("offered_rps", slice_series, offered_rps), .unit = "1/s"},
    {MEMBER_COUNT("threads", slice_series, threads)},
    {MEMBER_COUNT("seed", slice_series, seed)},
    {MEMBER_NUMBER("slice_s", slice_series, slice_s), .unit = "s"},
    {MEMBER_NUMBER("guard_s", slice_series, guard_s), .unit = "s"},
    {MEMBER_BOOL("interrupted", slice_series, interrupted)},
    {MEMBER_LIST("slices", slice_series, slices, slice_count, slice_type),
     .required = true},
    {MEMBER_LIST("warnings", slice_series, warnings, warning_count, warning_type),
     .required = true},
    {0},
};

static int check_version(struct json_document *document, const cJSON *node, void *record,
                         struct error *error)
{
    const struct slice_series *series = record;
    if (series->schema_version == SCHEMA_VERSION)
        return 0;
    return json_error(document, node, error,
                      "expected a result of load --slices (schema version %d)",
                      SCHEMA_VERSION);
}

static const struct record_hooks hooks = {.read = check_version};
const struct record_type slice_series_type = {
    .size = sizeof(struct slice_series), .fields = series_fields, .hooks = &hooks};

static const struct record_field pair_fields[] = {
    {MEMBER_TEXT("against", sliced_pair, against), .required = true},
    {MEMBER_TEXTS("server_command", sliced_pair, server_command)},
    {MEMBER_TEXTS("server_environment", sliced_pair, server_environment),
     .optional = true},
    {MEMBER_STRUCT("server", sliced_pair, server, server_record_type)},
    {MEMBER_POINTER("series", sliced_pair, series, slice_series_type)},
    {0},
};
const struct record_type sliced_pair_type = RECORD_TYPE(sliced_pair, pair_fields);

void slice_series_init(struct slice_series *series)
{
    record_init(&slice_series_type, series);
    series->schema_version = SCHEMA_VERSION;
    series->slices = memory_allocate_zeroed(1, sizeof *series->slices);
    series->warnings = memory_allocate_zeroed(1, sizeof *series->warnings);
}

void slice_series_release(struct slice_series *series)
{
    record_release(&slice_series_type, series);
}

static struct slice_warning *warning_of(struct slice_series *series,
                                        const struct load_warning *said)
{
    for (size_t i = 0; i < series->warning_count; i++)
        if (strcmp(series->warnings[i].word, said->word) == 0)
            return &series->warnings[i];
    struct slice_warning *warning =
        record_append(&series->warnings, &series->warning_count, sizeof *warning);
    *warning = (struct slice_warning){.word = memory_copy_string(said->word),
                                      .message = memory_copy_string(said->message),
                                      .invalidates = said->invalidates};
    return warning;
}

/* A full generator is no accident of one slice, but what the load is: whether the figures
 * may be used is then for all of them to say. */
static bool is_usable(const struct load_result *result)
{
    bool only_full = false;
    for (size_t i = 0; i < result->warning_count; i++) {
        const struct load_warning *warning = &result->warnings[i];
        if (!warning->invalidates)
            continue;
        if (flag_find(warning->word) != FLAG_GENERATOR_SATURATED)
            return false;
        only_full = true;
    }
    return result->valid || only_full;
}

void slice_series_add(struct slice_series *series, uint64_t turn, int side, double t_s,
                      const struct load_result *result)
{
    struct slice *slice =
        record_append(&series->slices, &series->slice_count, sizeof *slice);
    *slice = (struct slice){
        .turn = turn,
        .side = side,
        .t_s = t_s,
        .duration_s = result->duration_s,
        .throughput_rps = result->throughput_rps,
        .counts = result->counts,
        .latency_mean_ns = result->latency.mean_ns,
        .latency_p50_ns = result->latency.p50_ns,
        .latency_p99_ns = result->latency.p99_ns,
        .sent = result->whole_run.sent,
        .replies = result->whole_run.replies,
        .generator_cpu_s = result->generator.cpu_s,
        .generator_run_delay_s = result->generator.run_delay_s,
        .cpu_s = NAN,
        .idle_cpu_s = NAN,
        .valid = is_usable(result),
    };
    for (size_t i = 0; slice_is_measured(slice) && i < result->warning_count; i++)
        warning_of(series, &result->warnings[i])->slices++;
}

size_t slice_series_count(const struct slice_series *series)
{
    size_t measured = 0;
    for (size_t i = 0; i < series->slice_count; i++)
        measured += slice_is_measured(&series->slices[i]);
    return measured;
}

bool slice_warning_forbids(const struct slice_series *series,
                           const struct slice_warning *warning)
{
    return warning->invalidates && 10 * warning->slices > slice_series_count(series);
}

bool slice_series_is_valid(const struct slice_series *series)
{
    size_t measured = slice_series_count(series), invalid = 0;
    for (size_t i = 0; i < series->warning_count; i++)
        if (slice_warning_forbids(series, &series->warnings[i]))
            return false;
    for (size_t i = 0; i < series->slice_count; i++)
        invalid += slice_is_measured(&series->slices[i]) && !series->slices[i].valid;
    return measured > 0 && !series->interrupted && 10 * invalid <= measured;
}
