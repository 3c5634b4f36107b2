/* references.c - see references.h; and the command `references`. */
#include "harness/references.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "harness/commands.h"
#include "harness/external.h"
#include "harness/installed.h"
#include "harness/json_folder.h"

/* Files beside them that are none. */
static const char *const other_files[] = {"schema.json", NULL};

/* The folder of a file, absolute, since a server runs in another one; on the heap. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? memory_printf("%.*s", (int)(slash - path) + 1, path)
                         : memory_copy_string(".");
    char *absolute = realpath(folder, NULL);
    free(folder);
    return absolute;
}

int references_add_file(struct models *models, const char *path, const char **name,
                        struct error *error)
{
    struct external external;
    int result = external_read(&external, path, error);
    if (result < 0)
        return result;
    char *folder = folder_of(path);
    if (models_find(models, external.name)) {
        result = error_set(error, -EINVAL, "%s: there is a contender \"%s\" already",
                           path, external.name);
    } else {
        cJSON *model = external_to_model(&external, folder);
        cJSON_AddItemToArray(models->list, model);
        *name = json_string(model, "name");
    }
    free(folder);
    external_release(&external);
    return result;
}

int references_add_shipped(struct models *models, struct error *error)
{
    char *folder = installed_path("servers/reference");
    char **names = NULL;
    size_t count = 0;
    int result =
        folder ? json_folder_list(folder, other_files, &names, &count, error) : 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        const char *name;
        char *path = memory_printf("%s/%s.json", folder, names[i]);
        result = references_add_file(models, path, &name, error);
        free(path);
    }
    if (names)
        text_list_free(names);
    free(folder);
    return result;
}

void references_look_up(struct models *models)
{
    cJSON *model;
    cJSON_ArrayForEach(model, models->list)
    {
        if (model_is_reference(model))
            external_look_up(model);
    }
}

static bool is_used(const cJSON *model, const struct contenders *contenders)
{
    const char *name = json_string(model, "name");
    for (size_t i = 0; i < contenders->count; i++)
        if (strcmp(contenders->items[i].model, name) == 0)
            return true;
    return false;
}

void references_keep_used(struct models *models, const struct contenders *contenders)
{
    for (cJSON *model = models->list->child, *next; model; model = next) {
        next = model->next;
        if (model_is_reference(model) && !is_used(model, contenders))
            cJSON_Delete(cJSON_DetachItemViaPointer(models->list, model));
    }
}

/* ---- the command ------------------------------------------------------------------ */

struct settings {
    bool json;
};

static const struct option options[] = {{.name = "json",
                                         .type = OPTION_FLAG,
                                         .help = "print JSON",
                                         .offset = offsetof(struct settings, json)},
                                        {0}};

static void print_json(const struct models *models)
{
    char *text = json_print(models->list);
    fputs(text, stdout);
    free(text);
}

static void print_table(const struct models *models)
{
    struct table *table = table_create();
    table_add_column(table, "Reference", TABLE_LEFT);
    table_add_column(table, "What it is", TABLE_LEFT);
    table_add_column(table, "Here", TABLE_LEFT);
    const cJSON *model;
    cJSON_ArrayForEach(model, models->list)
    {
        const char *why = model_obstacle(model), *version = json_string(model, "version");
        table_start_row(table);
        table_add_cell(table, json_string(model, "name"));
        table_add_cell(table, json_string(model, "summary"));
        table_add_cell(table, why ? why : version ? version : "installed");
    }
    table_print(table, TABLE_TERMINAL, stdout);
    table_free(table);
}

static int run_references(int argc, char **argv)
{
    struct settings settings;
    struct error error;
    int exit_code;
    if (!options_read(&references_command, &settings, argc, argv, NULL, &exit_code))
        return exit_code;
    struct models models = {.list = cJSON_CreateArray()};
    if (references_add_shipped(&models, &error) < 0) {
        fprintf(stderr, "interleave references: %s\n", error.text);
        exit_code = EXIT_USAGE;
    } else {
        references_look_up(&models);
        if (settings.json)
            print_json(&models);
        else
            print_table(&models);
        exit_code = EXIT_FINE;
    }
    models_release(&models);
    return exit_code;
}

const struct command references_command = {
    .name = "references",
    .summary = "list the servers of others that can join a comparison",
    .description = "Each can be named wherever a model can: in bench --models and in a "
                   "scenario's \"models\". Others join by a file: bench --external. What "
                   "such a file "
                   "says is described by servers/reference/schema.json.",
    .options = options,
    .run = run_references,
};
