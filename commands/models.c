/*
 * models.c - the command `models`: what there is, for people and (as JSON) for
 * the harness, which learns about models from here alone.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/options_help.h"
#include "base/table.h"
#include "commands/commands.h"
#include "servers/model.h"
#include "servers/ops/ops.h"

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

static bool is_supported(const struct model *model, struct error *why)
{
    why->text[0] = '\0';
    return !model->supported || model->supported(why);
}

/* Its own, and the pools that steps have under every model that runs steps. */
static cJSON *describe_options(const struct model *model)
{
    cJSON *array = options_describe(model->options);
    if (model->flags & MODEL_CALIBRATION)
        return array;
    cJSON *item, *pools = options_describe(op_pool_options);
    while ((item = cJSON_DetachItemFromArray(pools, 0)))
        cJSON_AddItemToArray(array, item);
    cJSON_Delete(pools);
    return array;
}

static cJSON *model_to_json(const struct model *model)
{
    struct error why;
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "name", model->name);
    json_add_text(object, "summary", model->summary);
    json_add_bool(object, "marks", true); /* SIGUSR2, see server_window */
    cJSON *flags = json_add_array(object, "flags");
    for (unsigned i = 0; model_flag_names[i]; i++)
        if (model->flags & 1U << i)
            cJSON_AddItemToArray(flags, cJSON_CreateString(model_flag_names[i]));
    cJSON_AddItemToObject(object, "options", describe_options(model));
    bool supported = is_supported(model, &why);
    json_add_bool(object, "supported", supported);
    json_add_text(object, "why", supported ? NULL : why.text);
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
            cJSON_AddItemToArray(array, model_to_json(model_list[i]));
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
        if (is_supported(model, &why))
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
