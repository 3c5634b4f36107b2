/* load_scaling.c - see load_scaling.h. */
#include "record/load_scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "base/text.h"

#define SCHEMA_VERSION 1

static const struct record_field trial_fields[] = {
    {MEMBER_NUMBER("cpu_per_request_ns", pilot_trial, cpu_per_request_ns), .unit = "ns"},
    {0}};
static const struct record_type trial_type = RECORD_TYPE(pilot_trial, trial_fields);

static const struct record_field pilot_fields[] = {
    {MEMBER_TEXT("point", pilot, point)},
    {MEMBER_TEXT("model", pilot, model), .required = true},
    {MEMBER_LIST("here", pilot, here, here_count, trial_type)},
    {MEMBER_LIST("there", pilot, there, there_count, trial_type)},
    {MEMBER_NUMBER("ratio", pilot, ratio)},
    {MEMBER_NUMBER("low", pilot, low)},
    {MEMBER_NUMBER("high", pilot, high)},
    {0}};
static const struct record_type pilot_type = RECORD_TYPE(pilot, pilot_fields);

static const struct record_field load_fields[] = {
    {MEMBER_TEXT("scenario", scaled_load, scenario), .required = true},
    {MEMBER_NUMBER("cpus_here", scaled_load, cpus_here)},
    {MEMBER_NUMBER("cpus_there", scaled_load, cpus_there)},
    {MEMBER_SWITCH("cpu_is_same", scaled_load, cpu_is_same), .optional = true},
    {MEMBER_POINTER("pilot", scaled_load, pilot, pilot_type)},
    {MEMBER_NUMBER("connections", scaled_load, connections)},
    {MEMBER_NUMBER("rate", scaled_load, rate)},
    {MEMBER_TEXT("why", scaled_load, why)},
    {0}};
static const struct record_type load_type = RECORD_TYPE(scaled_load, load_fields);

static const struct record_field scaling_fields[] = {
    {MEMBER_COUNT("schema_version", load_scaling, schema_version)},
    {MEMBER_TEXT("reference", load_scaling, reference)},
    {MEMBER_NUMBER("pilot_s", load_scaling, pilot_s), .unit = "s"},
    {MEMBER_LIST("loads", load_scaling, loads, count, load_type)},
    {0}};

static int check_version(struct json_document *document, const cJSON *node, void *record,
                         struct error *error)
{
    const struct load_scaling *scaling = record;
    return scaling->schema_version == SCHEMA_VERSION
               ? 0
               : json_error(document, json_at(node, "schema_version"), error,
                            "expected %d", SCHEMA_VERSION);
}

static const struct record_hooks scaling_hooks = {.read = check_version};

const struct record_type load_scaling_type = {.size = sizeof(struct load_scaling),
                                              .fields = scaling_fields,
                                              .hooks = &scaling_hooks};

void load_scaling_init(struct load_scaling *scaling, const char *reference)
{
    record_init(&load_scaling_type, scaling);
    scaling->schema_version = SCHEMA_VERSION;
    scaling->reference = memory_copy_string(reference);
}

void load_scaling_release(struct load_scaling *scaling)
{
    record_release(&load_scaling_type, scaling);
}

struct scaled_load *load_scaling_add(struct load_scaling *scaling, const char *scenario)
{
    struct scaled_load *load =
        record_append(&scaling->loads, &scaling->count, sizeof *load);
    record_init(&load_type, load);
    load->scenario = memory_copy_string(scenario);
    load->connections = 1;
    return load;
}

struct pilot *scaled_load_add_pilot(struct scaled_load *load, const char *point,
                                    const char *model)
{
    load->pilot = memory_allocate(sizeof *load->pilot);
    record_init(&pilot_type, load->pilot);
    load->pilot->point = point ? memory_copy_string(point) : NULL;
    load->pilot->model = memory_copy_string(model);
    return load->pilot;
}

const struct scaled_load *load_scaling_find(const struct load_scaling *scaling,
                                            const char *scenario)
{
    for (size_t i = 0; i < scaling->count; i++)
        if (strcmp(scaling->loads[i].scenario, scenario) == 0)
            return &scaling->loads[i];
    return NULL;
}

/* ---- applying --------------------------------------------------------------------- */

static bool is_another(double factor)
{
    return factor > 0 && fabs(factor - 1) > 0;
}

bool scaled_load_differs(const struct scaled_load *load)
{
    return is_another(load->connections) || is_another(load->rate);
}

/* The most that every model takes which has the option. */
static double limit_of(const struct models *models, const char *option)
{
    double limit = INFINITY;
    for (size_t i = 0; i < models->count; i++) {
        const struct field *field = model_option_named(models->items[i].model, option);
        if (field && field_has_range(field))
            limit = fmin(limit, field->maximum);
    }
    return limit;
}

/* Whether it says how many of something there are to serve. */
static bool option_counts(const char *name)
{
    enum option_role role = option_role_of(name);
    return role != ROLE_NONE && !option_role_words[role];
}

static void scale_option(struct scenario *scenario, const struct setting *option,
                         const struct models *models)
{
    uint64_t count;
    bool is_swept = text_same(scenario->sweep.variable, option->name);
    if (is_swept || !option_counts(option->name) ||
        quantity_parse(QUANTITY_COUNT, option->value, 1, UINT64_MAX, &count, NULL) < 0)
        return;
    double scaled = fmax(1, round((double)count * scenario->scale.connections));
    double most = fmin(scaled, limit_of(models, option->name));
    char *value = memory_printf("%.0f", most);
    setting_list_add(&scenario->scale.options, option->name, value);
    free(value);
}

static void scale(struct scenario *scenario, const struct scaled_load *load,
                  const struct models *models)
{
    const struct setting_list *options = &scenario->server.options;
    setting_list_release(&scenario->scale.options);
    scenario->scale = (struct load_scale){0};
    if (is_another(load->rate))
        scenario->scale.rate = load->rate;
    if (!is_another(load->connections))
        return;
    scenario->scale.connections = load->connections;
    for (size_t i = 0; i < options->count; i++)
        scale_option(scenario, &options->items[i], models);
}

void load_scaling_apply(const struct load_scaling *scaling, struct experiment *experiment)
{
    for (size_t i = 0; i < experiment->scenario_count; i++) {
        struct scenario *scenario = &experiment->scenarios[i].scenario;
        const struct scaled_load *load = load_scaling_find(scaling, scenario->name);
        if (load)
            scale(scenario, load, &experiment->models);
    }
}
