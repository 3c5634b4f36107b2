/* scenario.c - see scenario.h. */
#include "workload/scenario.h"

#include <string.h>

#include "base/clock.h"
#include "base/field_json.h"
#include "workload/load_fields.h"
#include "workload/load_scale.h"

const char *const shape_names[] = {
    [SHAPE_STEADY] = "steady", [SHAPE_TRANSIENT] = "transient", NULL};

const char *const profile_names[] = {[PROFILE_QUICK] = "quick",
                                     [PROFILE_STANDARD] = "standard",
                                     [PROFILE_THOROUGH] = "thorough",
                                     NULL};

const char *const database_names[] = {
    [DATABASE_NONE] = "none", [DATABASE_POSTGRES] = "postgres", NULL};

const char *const tolerable_flags[] = {
    "errors",   "rate_missed",         "dropped", "starved_connections",
    "restarts", "generator_saturated", NULL};

#define MAX_MODELS 64
#define MAX_VALUES 64
#define MAX_CPUS   1024

/* ---- the file's tables ------------------------------------------------------------- */

static const struct field server_fields[] = {
    {.name = "cpus",
     .kind = FIELD_COUNT,
     .fallback = "1",
     .help = "How many CPUs the server may use.",
     .offset = offsetof(struct scenario_server, cpus),
     .minimum = 1,
     .maximum = MAX_CPUS,
     .zero_word = "all"},
    {.name = "options",
     .kind = FIELD_SETTINGS,
     .items = ITEM_VALUE,
     .help = "Options of `interleave serve`; each model gets those it declares.",
     .offset = offsetof(struct scenario_server, options)},
    {0}};

static const struct field backend_fields[] = {
    {.name = "model",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct scenario_backend, model)},
    {.name = "server",
     .kind = FIELD_ROWS,
     .fields = server_fields,
     .offset = offsetof(struct scenario_backend, server)},
    {0}};

const struct field sweep_fields[] = {
    {.name = "variable",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "connections, idle, rate, one of server.options, or a word in braces in a "
             "path.",
     .offset = offsetof(struct sweep, variable)},
    {.name = "values",
     .kind = FIELD_LIST,
     .required = true,
     .items = ITEM_VALUE,
     .minimum = 1,
     .maximum = MAX_VALUES,
     .offset = offsetof(struct sweep, values)},
    {.name = "quick",
     .kind = FIELD_LIST,
     .items = ITEM_VALUE,
     .minimum = 1,
     .maximum = MAX_VALUES,
     .help = "The points of the quick profile.",
     .offset = offsetof(struct sweep, quick)},
    {0}};

#define MAX_SCALE 1e6

static const struct field scale_fields[] = {
    {.name = "connections",
     .kind = FIELD_NUMBER,
     .maximum = MAX_SCALE,
     .help = "By which factor there are more; 0: as many as are written.",
     .offset = offsetof(struct load_scale, connections)},
    {.name = "rate",
     .kind = FIELD_NUMBER,
     .maximum = MAX_SCALE,
     .help = "By which factor requests come faster; 0: as fast as is written.",
     .offset = offsetof(struct load_scale, rate)},
    {.name = "options",
     .kind = FIELD_SETTINGS,
     .items = ITEM_VALUE,
     .help = "Options of the server, in place of those that are written.",
     .offset = offsetof(struct load_scale, options)},
    {0}};

static bool has_no_database(const void *scenario)
{
    return ((const struct scenario *)scenario)->database == DATABASE_NONE;
}

static bool is_in_all_profiles(const void *scenario)
{
    return !((const struct scenario *)scenario)->profiles;
}

static bool has_no_quick_duration(const void *scenario)
{
    return !((const struct scenario *)scenario)->quick_duration_ns;
}

static bool has_not_been_shortened(const void *scenario)
{
    return !((const struct scenario *)scenario)->full_duration_ns;
}

static bool is_not_scaled(const void *scenario)
{
    return !load_scale_is_given(&((const struct scenario *)scenario)->scale);
}

#define MEMBER(name) offsetof(struct scenario, name)

const struct field scenario_fields[] = {
    {.name = "$schema", .kind = FIELD_NOTE},
    {.name = "name",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "The file's name without .json.",
     .offset = MEMBER(name),
     .schema = "{\"type\":\"string\",\"pattern\":\"^[a-z][a-z0-9-]*$\"}"},
    {.name = "title", .kind = FIELD_TEXT, .required = true, .offset = MEMBER(title)},
    {.name = "question",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "What the reader learns.",
     .offset = MEMBER(question)},
    {.name = "family",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "What the summary table groups by: plaintext, io, cpu, mixed, ...",
     .offset = MEMBER(family)},
    {.name = "models",
     .kind = FIELD_LIST,
     .items = ITEM_VALUE,
     .minimum = 1,
     .maximum = MAX_MODELS,
     .help = "Contenders: \"model\" or \"model:option=value:...\". Absent: all models.",
     .offset = MEMBER(models)},
    {.name = "workload",
     .kind = FIELD_ROWS,
     .fields = workload_fields,
     .offset = MEMBER(workload)},
    {.name = "server",
     .kind = FIELD_OBJECT,
     .fields = server_fields,
     .offset = MEMBER(server)},
    {.name = "backend",
     .kind = FIELD_OBJECT,
     .help = "The server that fetch steps ask; the harness starts it for every trial.",
     .fields = backend_fields,
     .offset = MEMBER(backend)},
    {.name = "database",
     .kind = FIELD_CHOICE,
     .help = "What pgquery and pgsleep ask; the harness starts it for every trial.",
     .offset = MEMBER(database),
     .choices = database_names,
     .omit = has_no_database},
    {.name = "sweep",
     .kind = FIELD_OBJECT,
     .fields = sweep_fields,
     .offset = MEMBER(sweep)},
    {.name = "shape",
     .kind = FIELD_CHOICE,
     .help = "transient: made of transients, not checked for steady state.",
     .offset = MEMBER(shape),
     .choices = shape_names},
    {.name = "profiles",
     .kind = FIELD_SET,
     .minimum = 1,
     .maximum = 3,
     .help = "Profiles that take the scenario unasked; default: all.",
     .offset = MEMBER(profiles),
     .choices = profile_names,
     .omit = is_in_all_profiles},
    {.name = "quick_duration",
     .kind = FIELD_TIME,
     .minimum = NS_PER_MS,
     .maximum = NS_PER_H,
     .help =
         "The measured time of the quick profile; default: a part of load's duration.",
     .offset = MEMBER(quick_duration_ns),
     .omit = has_no_quick_duration},
    {.name = "full_duration",
     .kind = FIELD_TIME,
     .minimum = NS_PER_MS,
     .maximum = NS_PER_H,
     .help = "In the scenarios of a run: the duration that its profile has shortened.",
     .offset = MEMBER(full_duration_ns),
     .omit = has_not_been_shortened},
    {.name = "scale",
     .kind = FIELD_OBJECT,
     .help = "In the scenarios of a run that repeats one of another machine: what its "
             "load is on this one. What is written stays that of the other.",
     .fields = scale_fields,
     .offset = MEMBER(scale),
     .omit = is_not_scaled},
    {.name = "tolerates",
     .kind = FIELD_SET,
     .help = "Flags that are the finding here, not a fault of the measurement: of the "
             "generator, or restarts of worker processes. Where the generator is "
             "saturated, throughput stays a lower bound.",
     .offset = MEMBER(tolerated),
     .choices = tolerable_flags},
    {0}};

/* ---- by the tables ----------------------------------------------------------------- */

void scenario_release(struct scenario *scenario)
{
    fields_release(scenario_fields, scenario);
}

void scenario_copy(struct scenario *to, const struct scenario *from)
{
    *to = *from;
    fields_own(scenario_fields, to);
}

cJSON *scenario_to_json(const struct scenario *scenario)
{
    cJSON *root = cJSON_CreateObject();
    fields_write(scenario_fields, scenario, root);
    return root;
}

cJSON *scenario_schema(void)
{
    return fields_schema_file(
        "Interleave scenario",
        "A question, the workload that answers it, the server it runs on and the one "
        "variable that is swept.",
        scenario_fields,
        "{\"oneOf\":[{\"required\":[\"requests\"]},{\"required\":[\"load\"],"
        "\"properties\":{\"load\":{\"required\":[\"trace\"]}}}]}");
}

/* ---- queries ----------------------------------------------------------------------- */

const char *scenario_option(const struct scenario *scenario, const char *name)
{
    const struct setting_list *options = &scenario->server.options;
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->items[i].name, name) == 0)
            return options->items[i].value;
    return NULL;
}

bool scenario_is_in_profile(const struct scenario *scenario, int profile)
{
    return !scenario->profiles || scenario->profiles >> profile & 1;
}

bool scenario_tolerates(const struct scenario *scenario, const char *code)
{
    for (size_t i = 0; tolerable_flags[i]; i++)
        if (strcmp(tolerable_flags[i], code) == 0)
            return scenario->tolerated >> i & 1;
    return false;
}
