/* scenario_files.c - see scenario_files.h. */
#include "harness/experiment/scenario_files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/installed.h"
#include "base/json_folder.h"
#include "base/text.h"
#include "harness/experiment/scenario_check.h"
#include "workload/scenario_read.h"

/* Files beside the scenarios that are none. */
static const char *const other_files[] = {"schema.json", "claims.json",
                                          "claims-schema.json", NULL};

/* The order of the families in a run and in its table. Others follow by name. */
static const char *const families[] = {"plaintext", "io", "cpu", "mixed", NULL};

static int read_one(struct scenarios *scenarios, char *path, struct error *error)
{
    struct scenario scenario;
    int result = scenarios->models
                     ? scenario_read_checked(&scenario, path, scenarios->models, error)
                     : scenario_read(&scenario, path, error);
    for (size_t i = 0; result == 0 && i < scenarios->count; i++) {
        if (strcmp(scenarios->items[i].name, scenario.name) == 0) {
            result =
                error_set(error, -EINVAL, "%s: the name \"%s\" is that of %s already",
                          path, scenario.name, scenarios->paths[i]);
            scenario_release(&scenario);
        }
    }
    if (result < 0) {
        free(path);
        return result;
    }
    size_t count = scenarios->count++;
    scenarios->items =
        memory_resize(scenarios->items, (count + 1) * sizeof *scenarios->items);
    scenarios->paths =
        memory_resize(scenarios->paths, (count + 1) * sizeof *scenarios->paths);
    scenarios->items[count] = scenario;
    scenarios->paths[count] = path;
    return 0;
}

static int read_named(struct scenarios *scenarios, const char *folder, char *const *names,
                      const char *word, struct error *error)
{
    if (strchr(word, '/') || json_folder_is_json(word))
        return read_one(scenarios, memory_copy_string(word), error);
    const char *const *known = (const char *const *)names;
    if (names && json_folder_is_listed(word, known))
        return read_one(scenarios, memory_printf("%s/%s.json", folder, word), error);
    if (!names)
        return error_set(error, -ENOENT,
                         "no folder of scenarios was found; name one with --scenarios");
    struct text allowed = {0};
    text_append_list(&allowed, known);
    const char *near = text_nearest(word, known);
    int result = error_set(error, -EINVAL, "unknown scenario \"%s\"%s%s%s; %s has %s",
                           word, near ? ", did you mean \"" : "", near ? near : "",
                           near ? "\"?" : "", folder, text_string(&allowed));
    text_release(&allowed);
    return result;
}

static size_t family_rank(const char *family)
{
    size_t rank = 0;
    while (families[rank] && strcmp(families[rank], family) != 0)
        rank++;
    return rank;
}

/* By the rank of the family; what is equal stays in order. */
static void sort_by_family(struct scenarios *scenarios)
{
    for (size_t i = 1; i < scenarios->count; i++) {
        for (size_t j = i; j > 0 && family_rank(scenarios->items[j].family) <
                                        family_rank(scenarios->items[j - 1].family);
             j--) {
            struct scenario scenario = scenarios->items[j];
            scenarios->items[j] = scenarios->items[j - 1];
            scenarios->items[j - 1] = scenario;
            char *path = scenarios->paths[j];
            scenarios->paths[j] = scenarios->paths[j - 1];
            scenarios->paths[j - 1] = path;
        }
    }
}

int scenarios_read(struct scenarios *scenarios, const char *folder,
                   const struct words *words, const struct models *models,
                   struct error *error)
{
    size_t word_count = words ? words->count : 0;
    *scenarios = (struct scenarios){.models = models};
    char *place = folder ? memory_copy_string(folder) : installed_path("scenarios");
    char **names = NULL;
    size_t name_count = 0;
    int result = 0;
    if (place)
        result = json_folder_list(place, other_files, &names, &name_count, error);
    for (size_t i = 0; i < word_count && result == 0; i++)
        result = read_named(scenarios, place, names, words->items[i], error);
    for (size_t i = 0; word_count == 0 && i < name_count && result == 0; i++)
        result = read_named(scenarios, place, names, names[i], error);
    if (result == 0 && word_count == 0)
        sort_by_family(scenarios);
    if (result == 0 && scenarios->count == 0)
        result = error_set(error, -ENOENT, "no scenarios were found%s%s",
                           place ? " in " : "; name their folder with --scenarios",
                           place ? place : "");
    if (names)
        text_list_free(names);
    free(place);
    if (result < 0)
        scenarios_release(scenarios);
    return result;
}

void scenarios_keep_profile(struct scenarios *scenarios, int profile)
{
    size_t kept = 0;
    for (size_t i = 0; i < scenarios->count; i++) {
        if (!scenario_is_in_profile(&scenarios->items[i], profile)) {
            scenario_release(&scenarios->items[i]);
            free(scenarios->paths[i]);
            continue;
        }
        scenarios->items[kept] = scenarios->items[i];
        scenarios->paths[kept++] = scenarios->paths[i];
    }
    scenarios->count = kept;
}

void scenarios_release(struct scenarios *scenarios)
{
    for (size_t i = 0; i < scenarios->count; i++) {
        scenario_release(&scenarios->items[i]);
        free(scenarios->paths[i]);
    }
    free(scenarios->items);
    free(scenarios->paths);
    *scenarios = (struct scenarios){0};
}
