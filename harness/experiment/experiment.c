/* experiment.c - see experiment.h. */
#include "harness/experiment/experiment.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/third_party/shipped.h"
#include "harness/third_party/third_party.h"
#include "workload/scenario_read.h"

/* ---- deciding --------------------------------------------------------------------- */

static uint64_t scaled_time(uint64_t ns, double scale)
{
    double ms = round((double)ns * scale / (double)NS_PER_MS);
    return (uint64_t)ms * NS_PER_MS;
}

/* The profile's durations and points become the scenario's own. */
static void apply_profile(struct scenario *scenario, const struct profile *profile)
{
    struct workload *workload = &scenario->workload;
    struct sweep *sweep = &scenario->sweep;
    workload->warmup_ns = scaled_time(workload->warmup_ns, profile->warmup_scale);
    workload->duration_ns = scaled_time(workload->duration_ns, profile->duration_scale);
    if (workload->duration_ns < NS_PER_MS)
        workload->duration_ns = NS_PER_MS;
    if (sweep->quick.count && profile->quick_points) {
        words_release(&sweep->values);
        sweep->values = sweep->quick;
        sweep->quick = (struct words){0};
    }
    words_release(&sweep->quick);
}

static size_t index_of(const struct contenders *contenders, const char *label)
{
    size_t index = 0;
    while (strcmp(contenders->items[index].label, label) != 0)
        index++;
    return index;
}

/* Adds a contender to the run, if it is new there, and to the scenario. */
static int add_contender(struct experiment *run, struct experiment_scenario *own,
                         const char *label, struct error *error)
{
    int result = contenders_add(&run->contenders, label, &run->models, error);
    if (result < 0)
        return result;
    size_t index = index_of(&run->contenders, label);
    for (size_t i = 0; i < own->contender_count; i++)
        if (own->contenders[i] == index)
            return 0;
    own->contenders =
        memory_resize(own->contenders, (own->contender_count + 1) * sizeof(size_t));
    own->contenders[own->contender_count++] = index;
    return 0;
}

/* Ours first: what --models names, else the scenario's own choice, else all models. */
static int choose_models(struct experiment *run, struct experiment_scenario *own,
                         const struct words *asked, struct error *error)
{
    const struct scenario *scenario = &own->scenario;
    int result = 0;
    for (size_t i = 0; i < asked->count && result == 0; i++) {
        char **labels = text_split(asked->items[i], ',', NULL);
        for (size_t n = 0; labels[n] && result == 0; n++)
            result = add_contender(run, own, labels[n], error);
        text_list_free(labels);
    }
    if (asked->count > 0)
        return result < 0 ? error_prefix(error, result, "--models") : 0;
    for (size_t i = 0; i < scenario->models.count && result == 0; i++)
        result = add_contender(run, own, scenario->models.items[i], error);
    if (scenario->models.count > 0)
        return result < 0 ? error_prefix(error, result, "%s", scenario->name) : 0;
    struct contenders all = {0};
    contenders_add_all(&all, &run->models);
    for (size_t i = 0; i < all.count && result == 0; i++)
        result = add_contender(run, own, all.items[i].label, error);
    contenders_release(&all);
    return result;
}

static int choose_contenders(struct experiment *run, struct experiment_scenario *own,
                             const struct words *asked, const struct words *joining,
                             struct error *error)
{
    int result = choose_models(run, own, asked, error);
    for (size_t i = 0; i < joining->count && result == 0; i++)
        result = add_contender(run, own, joining->items[i], error);
    return result;
}

/* The models of the run: ours, the references that ship, and those of files, whose
 * names are copied into `joining`. */
static int gather_models(struct experiment *run, const struct words *externals,
                         struct words *joining, struct error *error)
{
    int result = models_read(&run->models, error);
    if (result == 0)
        result = references_add_shipped(&run->models, error);
    for (size_t i = 0; i < externals->count && result == 0; i++) {
        const char *name;
        result = references_add_file(&run->models, externals->items[i], &name, error);
        if (result == 0)
            words_add(joining, name);
    }
    return result;
}

/* The backend's model and options are read as a contender's are, to be refused alike. */
static int check_backend(const struct experiment *run, const struct scenario *scenario,
                         struct error *error)
{
    const struct scenario_backend *backend = &scenario->backend;
    if (!backend->model)
        return 0;
    struct text label = {0};
    text_append_string(&label, backend->model);
    for (size_t i = 0; i < backend->server.options.count; i++)
        text_printf(&label, ":%s=%s", backend->server.options.items[i].name,
                    backend->server.options.items[i].value);
    struct contender contender;
    int result = contender_parse(&contender, text_string(&label), &run->models, error);
    if (result == 0)
        contender_release(&contender);
    if (result == 0 && model_is_reference(models_find(&run->models, backend->model)))
        result = error_set(error, -EINVAL, "expected a model of ours, got \"%s\"",
                           backend->model);
    text_release(&label);
    return result < 0 ? error_prefix(error, result, "%s: backend", scenario->name) : 0;
}

int experiment_decide(struct experiment *run, const struct experiment_request *request,
                      struct scenarios *scenarios, struct error *error)
{
    *run = (struct experiment){
        .profile = memory_copy_string(request->profile->name),
        .repeat = request->repeat ? request->repeat : request->profile->repeat,
        .seed = request->seed,
        .overrun_ns = request->overrun_ns,
        .scenarios = memory_allocate_zeroed(scenarios->count + 1,
                                            sizeof(struct experiment_scenario)),
    };
    struct words joining = {0};
    int result = gather_models(run, request->externals, &joining, error);
    for (size_t i = 0; i < scenarios->count && result == 0; i++) {
        struct experiment_scenario *own = &run->scenarios[run->scenario_count++];
        own->scenario = scenarios->items[i];
        scenarios->items[i] = (struct scenario){0};
        apply_profile(&own->scenario, request->profile);
        result = check_backend(run, &own->scenario, error);
        if (result == 0)
            result = choose_contenders(run, own, request->models, &joining, error);
    }
    words_release(&joining);
    if (result < 0) {
        experiment_release(run);
        return result;
    }
    references_keep_used(&run->models, &run->contenders);
    references_look_up(&run->models);
    return 0;
}

void experiment_release(struct experiment *run)
{
    for (size_t i = 0; i < run->scenario_count; i++) {
        scenario_release(&run->scenarios[i].scenario);
        free(run->scenarios[i].contenders);
    }
    free(run->scenarios);
    free(run->profile);
    contenders_release(&run->contenders);
    models_release(&run->models);
    *run = (struct experiment){0};
}

/* ---- config.json ------------------------------------------------------------------ */

cJSON *experiment_to_json(const struct experiment *run)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "profile", run->profile);
    cJSON_AddNumberToObject(root, "repeat", (double)run->repeat);
    cJSON_AddNumberToObject(root, "seed", (double)run->seed);
    cJSON_AddNumberToObject(root, "overrun_ns", (double)run->overrun_ns);
    cJSON *scenarios = json_add_array(root, "scenarios");
    for (size_t i = 0; i < run->scenario_count; i++) {
        const struct experiment_scenario *own = &run->scenarios[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToObject(item, "scenario", scenario_to_json(&own->scenario));
        cJSON *labels = json_add_array(item, "contenders");
        for (size_t c = 0; c < own->contender_count; c++)
            cJSON_AddItemToArray(
                labels,
                cJSON_CreateString(run->contenders.items[own->contenders[c]].label));
        cJSON_AddItemToArray(scenarios, item);
    }
    cJSON_AddItemToObject(root, "models", cJSON_Duplicate(run->models.list, true));
    return root;
}

static int read_scenario(struct experiment *run, const cJSON *item, struct error *error)
{
    struct experiment_scenario *own = &run->scenarios[run->scenario_count];
    char *source = json_print(json_at(item, "scenario"));
    int result = scenario_read_string(&own->scenario, "config.json", source, error);
    free(source);
    if (result < 0)
        return result;
    run->scenario_count++;
    const cJSON *label;
    cJSON_ArrayForEach(label, json_at(item, "contenders"))
    {
        if (!cJSON_IsString(label))
            return error_set(error, -EINVAL, "config.json: a contender is no string");
        result = add_contender(run, own, label->valuestring, error);
        if (result < 0)
            return error_prefix(error, result, "config.json");
    }
    return 0;
}

int experiment_from_json(struct experiment *run, const cJSON *config, struct error *error)
{
    const cJSON *scenarios = json_at(config, "scenarios"), *item;
    const char *profile = json_string(config, "profile");
    double repeat = json_number(config, "repeat"), seed = json_number(config, "seed");
    double overrun = json_number(config, "overrun_ns");
    if (json_number(config, "schema_version") != 1 || !cJSON_IsArray(scenarios) ||
        !profile || !(repeat >= 1) || !(seed >= 0) || !(overrun >= 0))
        return error_set(error, -EINVAL,
                         "config.json: not a configuration of schema version 1");
    *run = (struct experiment){
        .profile = memory_copy_string(profile),
        .repeat = (uint64_t)repeat,
        .seed = (uint64_t)seed,
        .overrun_ns = (uint64_t)overrun,
        .models.list = cJSON_Duplicate(json_at(config, "models"), true),
        .scenarios = memory_allocate_zeroed((size_t)cJSON_GetArraySize(scenarios) + 1,
                                            sizeof(struct experiment_scenario)),
    };
    int result = 0;
    cJSON_ArrayForEach(item, scenarios)
    {
        if (result == 0)
            result = read_scenario(run, item, error);
    }
    if (result < 0)
        experiment_release(run);
    return result;
}

/* ---- the plan --------------------------------------------------------------------- */

/* Why no model can run this point here; empty where they can. */
static void find_cell_skip_reason(const struct scenario *scenario, const char *value,
                                  const struct machine_limits *limits, char *why,
                                  size_t bytes)
{
    struct scenario point;
    scenario_at_point(&point, scenario, value);
    why[0] = '\0';
    uint64_t needed = workload_all_connections(&point.workload) + 64;
    if (point.server.cpus > (uint64_t)limits->cpu_count)
        snprintf(why, bytes, "needs %llu CPUs for the server, this machine offers %d",
                 (unsigned long long)point.server.cpus, limits->cpu_count);
    else if (point.database == DATABASE_POSTGRES && limits->no_postgres)
        snprintf(why, bytes, "%s", limits->no_postgres);
    else if (needed > limits->descriptors)
        snprintf(why, bytes, "needs %llu open files, this machine allows %llu",
                 (unsigned long long)needed, (unsigned long long)limits->descriptors);
    scenario_release(&point);
}

bool experiment_needs_database(const struct experiment *run, int database)
{
    for (size_t i = 0; i < run->scenario_count; i++)
        if (run->scenarios[i].scenario.database == database)
            return true;
    return false;
}

static void add_skip_reason(struct skip_reasons *skip_reasons,
                            const struct skip_reason *skip_reason)
{
    skip_reasons->items = memory_resize(
        skip_reasons->items, (skip_reasons->count + 1) * sizeof *skip_reasons->items);
    skip_reasons->items[skip_reasons->count++] = *skip_reason;
}

/* Why this contender cannot run this point here; empty where it can. */
static void find_skip_reason(const struct experiment *run,
                             const struct contender *contender,
                             const struct scenario *scenario, const char *value,
                             const char *cell_why, char *why, size_t bytes)
{
    const cJSON *model = models_find(&run->models, contender->model);
    const char *model_why = model_skip_reason(model);
    snprintf(why, bytes, "%s", model_why ? model_why : cell_why);
    if (*why || !model_is_reference(model))
        return;
    struct third_party external;
    struct error error;
    if (third_party_from_model(&external, model, &error) < 0) {
        snprintf(why, bytes, "%s", error.text);
        return;
    }
    struct scenario point;
    scenario_at_point(&point, scenario, value);
    third_party_find_skip_reason(&external, &point, why, bytes);
    scenario_release(&point);
    third_party_release(&external);
}

static void plan_cell(const struct experiment *run, const struct experiment_scenario *own,
                      const char *value, const struct machine_limits *limits,
                      struct trial_order *plan, struct skip_reasons *skip_reasons)
{
    struct skip_reason skip_reason = {.scenario = &own->scenario, .value = value};
    char cell_why[ERROR_TEXT_BYTES];
    find_cell_skip_reason(&own->scenario, value, limits, cell_why, sizeof cell_why);
    size_t *able = memory_allocate((own->contender_count + 1) * sizeof *able);
    size_t able_count = 0;
    for (size_t i = 0; i < own->contender_count; i++) {
        skip_reason.contender = &run->contenders.items[own->contenders[i]];
        find_skip_reason(run, skip_reason.contender, &own->scenario, value, cell_why,
                         skip_reason.why, sizeof skip_reason.why);
        if (*skip_reason.why)
            add_skip_reason(skip_reasons, &skip_reason);
        else
            able[able_count++] = own->contenders[i];
    }
    if (able_count > 0)
        trial_order_add_cell(plan, &own->scenario, value, able, able_count);
    free(able);
}

void experiment_order_trials(const struct experiment *run,
                             const struct machine_limits *limits,
                             struct trial_order *plan, struct skip_reasons *skip_reasons)
{
    *plan = (struct trial_order){0};
    *skip_reasons = (struct skip_reasons){0};
    for (size_t i = 0; i < run->scenario_count; i++) {
        const struct experiment_scenario *own = &run->scenarios[i];
        const struct sweep *sweep = &own->scenario.sweep;
        for (size_t v = 0; v < sweep->values.count; v++)
            plan_cell(run, own, sweep->values.items[v], limits, plan, skip_reasons);
        if (!sweep->variable)
            plan_cell(run, own, NULL, limits, plan, skip_reasons);
    }
    trial_order_shuffle(plan, &run->contenders, run->repeat, run->seed);
}
