/*
 * models.c - the command `models`: what there is, for people and (as JSON) for scripts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/options_help.h"
#include "base/table.h"
#include "commands/commands.h"
#include "record/models.h"
#include "servers/model.h"

struct models_settings {
    bool as_json;
};

static const struct field options[] = {
    {.name = "json",
     .kind = FIELD_FLAG,
     .help = "print JSON",
     .offset = offsetof(struct models_settings, as_json)},
    {0},
};

static void print_and_free(cJSON *root)
{
    char *text = json_print(root);
    fputs(text, stdout);
    free(text);
    cJSON_Delete(root);
}

/* Its description, and who runs each kind of its steps. */
static cJSON *describe(const struct model *model)
{
    cJSON *object = model_to_json(model), *runners = json_add_object(object, "runners");
    json_add_text(runners, "wait", step_runner_words[model->wait]);
    json_add_text(runners, "blocking", step_runner_words[model->blocking]);
    json_add_text(runners, "cpu", step_runner_words[model->cpu]);
    return object;
}

static int run_models(int argc, char **argv)
{
    struct models_settings settings;
    int exit_code;
    if (!options_read(&models_command, &settings, argc, argv, NULL, &exit_code))
        return exit_code;
    if (settings.as_json) {
        cJSON *array = cJSON_CreateArray();
        for (size_t i = 0; model_list[i]; i++)
            cJSON_AddItemToArray(array, describe(model_list[i]));
        print_and_free(array);
        return EXIT_FINE;
    }
    struct table *table = table_create();
    table_add_column(table, "Model", TABLE_LEFT);
    table_add_column(table, "What it does", TABLE_LEFT);
    for (size_t i = 0; model_list[i]; i++) {
        const struct model *model = model_list[i];
        struct error why;
        table_start_row(table);
        table_add_cell(table, model->name);
        if (model_is_supported(model, &why))
            table_add_cell(table, model->summary);
        else
            table_add_cellf(table, "not usable here: %s", why.text);
    }
    table_print(table, TABLE_TERMINAL, stdout);
    table_free(table);
    return EXIT_FINE;
}

const struct command models_command = {
    .name = "models",
    .summary = "list the concurrency models",
    .options = options,
    .run = run_models,
};
