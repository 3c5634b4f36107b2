/* trial.c - see trial.h. */
#include "record/trial.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA_VERSION 1

/* ---- the parts -------------------------------------------------------------------- */

static const struct record_field point_fields[] = {
    {MEMBER_TEXT("variable", trial_point, variable)},
    {MEMBER_TEXT("value", trial_point, value)},
    {0},
};
static const struct record_type point_type = RECORD_TYPE(trial_point, point_fields);

static const struct record_field commands_fields[] = {
    {MEMBER_TEXTS("server", trial_commands, server)},
    {MEMBER_TEXTS("server_environment", trial_commands, server_environment),
     .optional = true},
    {MEMBER_TEXTS("load", trial_commands, load)},
    {MEMBER_TEXTS("backend", trial_commands, backend), .optional = true},
    {MEMBER_TEXTS("database", trial_commands, database), .optional = true},
    {0},
};
static const struct record_type commands_type =
    RECORD_TYPE(trial_commands, commands_fields);

static const struct record_field cpus_fields[] = {
    {MEMBER_TEXT("server", trial_cpus, server)},
    {MEMBER_COUNT("server_count", trial_cpus, server_count)},
    {MEMBER_TEXT("generator", trial_cpus, generator)},
    {MEMBER_BOOL("shared", trial_cpus, shared)},
    {MEMBER_TEXT("services", trial_cpus, services), .optional = true},
    {0},
};
static const struct record_type cpus_type = RECORD_TYPE(trial_cpus, cpus_fields);

static const struct record_field flag_fields[] = {
    {MEMBER_TEXT("code", trial_flag, word), .required = true},
    {MEMBER_WORD("severity", trial_flag, severity, flag_severity_words),
     .required = true},
    {MEMBER_TEXT("message", trial_flag, message)},
    {0},
};

/* Words that are not known come from other versions, and are kept. */
static int read_flag(struct json_document *document, const cJSON *node, void *record,
                     struct error *error)
{
    (void)document, (void)node, (void)error;
    struct trial_flag *flag = record;
    flag->flag = flag_find(flag->word);
    return 0;
}

static const struct record_type flag_type = {
    .size = sizeof(struct trial_flag),
    .fields = flag_fields,
    .hooks = &(const struct record_hooks){.read = read_flag},
};

static const struct record_field generator_fields[] = {
    {MEMBER_NUMBER("cpu_s", generator_window, cpu_s), .unit = "s"},
    {MEMBER_NUMBER("elapsed_s", generator_window, elapsed_s), .unit = "s"},
    {MEMBER_NUMBER("run_delay_s", generator_window, run_delay_s), .unit = "s"},
    {MEMBER_NUMBER("softirq_s", generator_window, softirq_s), .unit = "s",
     .optional = true},
    {0},
};
static const struct record_type generator_type =
    RECORD_TYPE(generator_window, generator_fields);

/* ---- the whole -------------------------------------------------------------------- */

static const char *const status_words[] = {
    [TRIAL_MEASURED] = "measured", [TRIAL_FAILED] = "failed", NULL};

static const struct record_field trial_fields[] = {
    {MEMBER_COUNT("schema_version", trial_record, schema_version)},
    {MEMBER_TEXT("id", trial_record, id), .required = true},
    {MEMBER_TEXT("scenario", trial_record, scenario), .required = true},
    {MEMBER_STRUCT("point", trial_record, point, point_type)},
    {MEMBER_TEXT("model", trial_record, model), .required = true},
    {MEMBER_COUNT("block", trial_record, block)},
    {MEMBER_COUNT("order", trial_record, order)},
    {MEMBER_NUMBER("attempt", trial_record, attempt), .optional = true},
    {MEMBER_COUNT("seed", trial_record, seed)},
    {MEMBER_TEXT("started_utc", trial_record, started_utc)},
    {MEMBER_POINTER("origin", trial_record, origin, origin_type), .optional = true},
    {MEMBER_STRUCT("commands", trial_record, commands, commands_type)},
    {MEMBER_STRUCT("cpus", trial_record, cpus, cpus_type)},
    {MEMBER_WORD("status", trial_record, status, status_words), .required = true},
    {MEMBER_TEXT("reason", trial_record, reason)},
    {MEMBER_TEXT("last_output", trial_record, last_output)},
    {MEMBER_BOOL("valid", trial_record, valid)},
    {MEMBER_LIST("flags", trial_record, flags, flag_count, flag_type), .required = true},
    {MEMBER_POINTER("load", trial_record, load, load_result_type)},
    {MEMBER_POINTER("capacity", trial_record, capacity, capacity_type), .optional = true},
    {MEMBER_STRUCT("server", trial_record, server, server_record_type)},
    {MEMBER_POINTER("backend", trial_record, backend, service_record_type),
     .optional = true},
    {MEMBER_POINTER("database", trial_record, database, service_record_type),
     .optional = true},
    {MEMBER_POINTER("generator", trial_record, generator, generator_type),
     .optional = true},
    {MEMBER_POINTER("machine", trial_record, machine, machine_counters_type),
     .optional = true},
    {MEMBER_POINTER("slices", trial_record, slices, sliced_pair_type), .optional = true},
    {0},
};

static int check_version(struct json_document *document, const cJSON *node, void *record,
                         struct error *error)
{
    const struct trial_record *trial = record;
    if (trial->schema_version == SCHEMA_VERSION)
        return 0;
    return json_error(document, node, error, "expected a trial of schema version %d",
                      SCHEMA_VERSION);
}

static const struct record_hooks trial_hooks = {.read = check_version};
const struct record_type trial_record_type = {
    .size = sizeof(struct trial_record), .fields = trial_fields, .hooks = &trial_hooks};

void trial_record_init(struct trial_record *trial)
{
    record_init(&trial_record_type, trial);
    trial->schema_version = SCHEMA_VERSION;
    /* An empty list, which is not null. */
    trial->flags = memory_allocate_zeroed(1, sizeof *trial->flags);
}

void trial_record_release(struct trial_record *trial)
{
    record_release(&trial_record_type, trial);
}

void trial_raise(struct trial_record *trial, enum flag flag, enum flag_severity severity,
                 const char *format, ...)
{
    char message[ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct trial_flag *raised =
        record_append(&trial->flags, &trial->flag_count, sizeof *raised);
    *raised = (struct trial_flag){.flag = (int)flag,
                                  .word = memory_copy_string(flag_kinds[flag].word),
                                  .severity = (int)severity,
                                  .message = memory_copy_string(message)};
}

bool trial_has_flag(const struct trial_record *trial, enum flag flag)
{
    for (size_t i = 0; i < trial->flag_count; i++)
        if (trial->flags[i].flag == (int)flag)
            return true;
    return false;
}

bool trial_flag_is_first(const struct trial_record *trial, size_t index)
{
    const struct trial_flag *flag = &trial->flags[index];
    for (size_t i = 0; i < index; i++)
        if (trial->flags[i].severity == flag->severity &&
            strcmp(trial->flags[i].word, flag->word) == 0)
            return false;
    return true;
}

double trial_server_load(const struct trial_record *trial)
{
    const struct server_window *window = trial->server.window;
    const struct server_statistics *statistics = trial->server.statistics;
    const struct loop_statistics *loop = statistics ? statistics->loop : NULL;
    if (!window)
        return NAN;
    double cpus = fmin((double)trial->cpus.server_count, window->threads);
    double of_cpus = window->cpu_s / window->cpu_elapsed_s / fmax(cpus, 1);
    return fmin(1, loop ? fmax(of_cpus, loop->utilisation) : of_cpus);
}

bool trial_was_disturbed(const struct trial_record *trial)
{
    for (size_t i = 0; i < trial->flag_count; i++)
        if (trial->flags[i].severity == FLAG_INVALID && trial->flags[i].flag >= 0 &&
            flag_kinds[trial->flags[i].flag].traits & FLAG_PASSING)
            return true;
    return false;
}

bool trial_is_invalid(const struct trial_record *trial)
{
    for (size_t i = 0; i < trial->flag_count; i++)
        if (trial->flags[i].severity == FLAG_INVALID)
            return true;
    return false;
}
