/* run_differences.c - see run_differences.h. */
#include "record/run_differences.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_difference.h"

/* What is not told: a path, or the beginning of paths. */
static const char *const untold_of_machines[] = {"recorded_utc",
                                                 "kernel.load_average_1min",
                                                 "memory.available_bytes",
                                                 "memory.swap_free_bytes",
                                                 "cpu.mhz",
                                                 NULL};
static const char *const untold_of_experiments[] = {"seed", NULL};

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
    const char *prefix;        /* before each path */
    const char *const *untold; /* or NULL */
};

static char *copy_or_null(const char *text)
{
    return text ? memory_copy_string(text) : NULL;
}

static bool begins_with_any(const char *path, const char *const *beginnings)
{
    for (; beginnings && *beginnings; beginnings++)
        if (strncmp(path, *beginnings, strlen(*beginnings)) == 0)
            return true;
    return false;
}

static void collect(void *context, const char *path, const char *a, const char *b)
{
    const struct collector *collector = context;
    if (begins_with_any(path, collector->untold))
        return;
    struct run_differences *all = collector->differences;
    struct run_difference *item = record_append(&all->items, &all->count, sizeof *item);
    *item = (struct run_difference){memory_printf("%s%s", collector->prefix, path),
                                    copy_or_null(a), copy_or_null(b)};
}

/* Deletes both. */
static void collect_all(struct run_differences *differences, cJSON *a, cJSON *b,
                        const char *prefix, const char *const *untold)
{
    struct collector collector = {differences, prefix, untold};
    json_differences(a, b, collect, &collector);
    cJSON_Delete(a);
    cJSON_Delete(b);
}

void run_differences_of_machines(struct run_differences *differences,
                                 const struct environment *a, const struct environment *b)
{
    collect_all(differences, record_to_json(&environment_type, a),
                record_to_json(&environment_type, b), "", untold_of_machines);
}

static cJSON *without_scenarios(const struct experiment *run)
{
    cJSON *config = experiment_to_json(run);
    cJSON_DeleteItemFromObjectCaseSensitive(config, "scenarios");
    cJSON_DeleteItemFromObjectCaseSensitive(config, "models");
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
    collect_all(differences, without_scenarios(a), without_scenarios(b), "",
                untold_of_experiments);
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
