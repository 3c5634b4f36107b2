/* run_differences.c - see run_differences.h. */
#include "record/run_differences.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_difference.h"

/* Of a load: what was asked for. What was seen is compared elsewhere. */
static const char *const asked_of_loads[] = {"target",
                                             "mode",
                                             "arrivals",
                                             "offered_rps",
                                             "phases",
                                             "trace",
                                             "connections",
                                             "all_connections",
                                             "threads",
                                             "keep_alive",
                                             "requests_per_connection",
                                             "pipeline",
                                             "think_s",
                                             "think_times",
                                             "request_limit",
                                             "warmup_s",
                                             NULL};

struct collector {
    struct run_differences *differences;
    const char *prefix;             /* before each path */
    const struct record_type *type; /* of both, or NULL */
};

static char *copy_or_null(const char *text)
{
    return text ? memory_copy_string(text) : NULL;
}

/* Whether the member at the path is of a moment, as its row says (RECORD_NONE). */
static bool is_passing(const struct record_type *type, const char *path)
{
    for (const struct record_field *field = type->fields; field->key; field++) {
        size_t length = strlen(field->key);
        if (strncmp(path, field->key, length) != 0 || !strchr(".[", path[length]))
            continue;
        return field->rule == RECORD_NONE || (path[length] == '.' && field->type &&
                                              is_passing(field->type, path + length + 1));
    }
    return false;
}

static void collect(void *context, const char *path, const char *a, const char *b)
{
    const struct collector *collector = context;
    if (collector->type && is_passing(collector->type, path))
        return;
    struct run_differences *all = collector->differences;
    struct run_difference *item = record_append(&all->items, &all->count, sizeof *item);
    *item = (struct run_difference){memory_printf("%s%s", collector->prefix, path),
                                    copy_or_null(a), copy_or_null(b)};
}

/* Deletes both. */
static void collect_all(struct run_differences *differences, cJSON *a, cJSON *b,
                        const char *prefix, const struct record_type *type)
{
    struct collector collector = {differences, prefix, type};
    json_differences(a, b, collect, &collector);
    cJSON_Delete(a);
    cJSON_Delete(b);
}

void run_differences_of_machines(struct run_differences *differences,
                                 const struct environment *a, const struct environment *b)
{
    collect_all(differences, record_to_json(&environment_type, a),
                record_to_json(&environment_type, b), "", &environment_type);
}

/* The seed is another one each time. */
static cJSON *beside_scenarios(const struct experiment *run)
{
    cJSON *config = experiment_to_json(run);
    cJSON_DeleteItemFromObjectCaseSensitive(config, "scenarios");
    cJSON_DeleteItemFromObjectCaseSensitive(config, "models");
    cJSON_DeleteItemFromObjectCaseSensitive(config, "seed");
    return config;
}

static const struct scenario *find_scenario(const struct experiment *run,
                                            const char *name)
{
    for (size_t i = 0; i < run->scenario_count; i++)
        if (strcmp(run->scenarios[i].scenario.name, name) == 0)
            return &run->scenarios[i].scenario;
    return NULL;
}

void run_differences_of_experiments(struct run_differences *differences,
                                    const struct experiment *a,
                                    const struct experiment *b)
{
    collect_all(differences, beside_scenarios(a), beside_scenarios(b), "", NULL);
    for (size_t i = 0; i < a->scenario_count; i++) {
        const struct scenario *scenario = &a->scenarios[i].scenario;
        const struct scenario *other = find_scenario(b, scenario->name);
        char *prefix = memory_printf("%s: ", scenario->name);
        if (other)
            collect_all(differences, scenario_to_json(scenario), scenario_to_json(other),
                        prefix, NULL);
        free(prefix);
    }
}

void run_differences_of_loads(struct run_differences *differences,
                              const struct load_result *a, const struct load_result *b)
{
    cJSON *left = record_to_json(&load_result_type, a);
    cJSON *right = record_to_json(&load_result_type, b);
    for (const char *const *key = asked_of_loads; *key; key++) {
        struct collector collector = {differences, *key, NULL};
        json_differences(cJSON_GetObjectItemCaseSensitive(left, *key),
                         cJSON_GetObjectItemCaseSensitive(right, *key), collect,
                         &collector);
    }
    cJSON_Delete(left);
    cJSON_Delete(right);
}

void run_differences_release(struct run_differences *differences)
{
    for (size_t i = 0; i < differences->count; i++) {
        free(differences->items[i].what);
        free(differences->items[i].a);
        free(differences->items[i].b);
    }
    free(differences->items);
    *differences = (struct run_differences){0};
}

bool environment_same_machine(const struct environment *a, const struct environment *b)
{
    return text_same(a->cpu.model, b->cpu.model) &&
           text_same(a->cpu.allowed, b->cpu.allowed) &&
           text_same(a->hypervisor.type, b->hypervisor.type) &&
           text_same(a->hypervisor.product, b->hypervisor.product);
}
