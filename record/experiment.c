/* experiment.c - see experiment.h. */
#include "record/experiment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "record/record.h"
#include "workload/scenario_read.h"

int experiment_add_contender(struct experiment *run, struct experiment_scenario *own,
                             const char *label, struct error *error)
{
    size_t index;
    int result = contenders_add(&run->contenders, label, &run->models, &index, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < own->contender_count; i++)
        if (own->contenders[i] == index)
            return 0;
    own->contenders =
        memory_resize(own->contenders, (own->contender_count + 1) * sizeof(size_t));
    own->contenders[own->contender_count++] = index;
    return 0;
}

void experiment_add_twin(struct experiment *run, struct experiment_scenario *own,
                         size_t contender)
{
    own->twin_of = contender;
    own->twin = contenders_add_twin(&run->contenders, contender, &run->models);
}

/* ---- leaving out ------------------------------------------------------------------ */

static void release_scenario(struct experiment_scenario *own)
{
    scenario_release(&own->scenario);
    free(own->contenders);
}

/* Drops contenders that no scenario has; places[i] is where the one at i is now. */
static void drop_unused(struct contenders *contenders, const bool *used, size_t *places)
{
    size_t count = 0;
    for (size_t i = 0; i < contenders->count; i++) {
        places[i] = count;
        if (used[i])
            contenders->items[count++] = contenders->items[i];
        else
            contender_release(&contenders->items[i]);
    }
    contenders->count = count;
}

void experiment_keep(struct experiment *run, const bool *keep)
{
    size_t kept = 0, count = run->contenders.count;
    bool *used = memory_allocate_zeroed(count + 1, sizeof *used);
    size_t *places = memory_allocate((count + 1) * sizeof *places);
    for (size_t s = 0; s < run->scenario_count; s++) {
        struct experiment_scenario own = run->scenarios[s];
        if (!keep[s]) {
            release_scenario(&own);
            continue;
        }
        for (size_t c = 0; c < own.contender_count; c++)
            used[own.contenders[c]] = true;
        if (own.twin != own.twin_of)
            used[own.twin] = true;
        run->scenarios[kept++] = own;
    }
    run->scenario_count = kept;
    drop_unused(&run->contenders, used, places);
    for (size_t s = 0; s < kept; s++) {
        struct experiment_scenario *own = &run->scenarios[s];
        for (size_t c = 0; c < own->contender_count; c++)
            own->contenders[c] = places[own->contenders[c]];
        bool has_twin = own->twin != own->twin_of;
        own->twin_of = places[own->twin_of];
        own->twin = has_twin ? places[own->twin] : own->twin_of;
    }
    free(places);
    free(used);
}

uint64_t experiment_next_look(const struct experiment *run, uint64_t blocks)
{
    for (size_t i = 0; i < run->look_count; i++)
        if (run->looks[i] > blocks)
            return run->looks[i];
    return 0;
}

void experiment_release(struct experiment *run)
{
    for (size_t i = 0; i < run->scenario_count; i++)
        release_scenario(&run->scenarios[i]);
    free(run->scenarios);
    free(run->profile);
    free(run->looks);
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
    if (run->slicing.count) {
        cJSON_AddNumberToObject(root, "slices", (double)run->slicing.count);
        cJSON_AddNumberToObject(root, "slice_ns", (double)run->slicing.slice_ns);
    }
    cJSON_AddNumberToObject(root, "budget_ns", (double)run->budget_ns);
    cJSON *looks = json_add_array(root, "looks");
    for (size_t i = 0; i < run->look_count; i++)
        cJSON_AddItemToArray(looks, cJSON_CreateNumber((double)run->looks[i]));
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
        if (own->twin != own->twin_of)
            json_add_text(item, "again", run->contenders.items[own->twin_of].label);
        cJSON_AddItemToArray(scenarios, item);
    }
    cJSON_AddItemToObject(root, "models", models_to_json(&run->models));
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
        result = experiment_add_contender(run, own, label->valuestring, error);
        if (result < 0)
            return error_prefix(error, result, "config.json");
    }
    return 0;
}

/* Both are missing in a run that has neither. */
static void read_looks(struct experiment *run, const cJSON *config)
{
    double budget = json_number(config, "budget_ns");
    const cJSON *look;
    run->budget_ns = budget > 0 ? (uint64_t)budget : 0;
    cJSON_ArrayForEach(look, json_at(config, "looks"))
    {
        if (look->valuedouble >= 1)
            *(uint64_t *)record_append(&run->looks, &run->look_count,
                                       sizeof *run->looks) = (uint64_t)look->valuedouble;
    }
}

/* Which contender of the scenario runs twice; after all scenarios, so that twins come
 * behind all others. */
static int read_twin(struct experiment *run, struct experiment_scenario *own,
                     const cJSON *item, struct error *error)
{
    const char *label = json_string(item, "again");
    for (size_t i = 0; label && i < own->contender_count; i++)
        if (strcmp(run->contenders.items[own->contenders[i]].label, label) == 0) {
            experiment_add_twin(run, own, own->contenders[i]);
            return 0;
        }
    return label
               ? error_set(error, -EINVAL,
                           "config.json: %s: \"%s\" is to run again, and is none of its "
                           "contenders",
                           own->scenario.name, label)
               : 0;
}

int experiment_from_json(struct experiment *run, const cJSON *config, struct error *error)
{
    const cJSON *scenarios = json_at(config, "scenarios"), *item;
    const char *profile = json_string(config, "profile");
    double repeat = json_number(config, "repeat"), seed = json_number(config, "seed");
    double overrun = json_number(config, "overrun_ns");
    double slices = json_number(config, "slices"),
           slice_ns = json_number(config, "slice_ns");
    if (json_number(config, "schema_version") != 1 || !cJSON_IsArray(scenarios) ||
        !profile || !(repeat >= 1) || !(seed >= 0) || !(overrun >= 0))
        return error_set(error, -EINVAL,
                         "config.json: not a configuration of schema version 1");
    *run = (struct experiment){
        .profile = memory_copy_string(profile),
        .repeat = (uint64_t)repeat,
        .seed = (uint64_t)seed,
        .overrun_ns = (uint64_t)overrun,
        .scenarios = memory_allocate_zeroed((size_t)cJSON_GetArraySize(scenarios) + 1,
                                            sizeof(struct experiment_scenario)),
    };
    if (slices >= 1 && slice_ns >= 1)
        run->slicing = (struct slicing){(uint64_t)slices, (uint64_t)slice_ns};
    read_looks(run, config);
    models_from_json(&run->models, json_at(config, "models"));
    int result = 0;
    cJSON_ArrayForEach(item, scenarios)
    {
        if (result == 0)
            result = read_scenario(run, item, error);
    }
    for (size_t i = 0; i < run->scenario_count && result == 0; i++)
        result = read_twin(run, &run->scenarios[i], cJSON_GetArrayItem(scenarios, (int)i),
                           error);
    if (result < 0)
        experiment_release(run);
    return result;
}
