/* references.c - the command `references`: the servers of others that can join. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/table.h"
#include "commands/commands.h"
#include "harness/third_party/shipped.h"
#include "harness/third_party/third_party.h"

struct references_settings {
    bool json, schema;
};

static const struct field options[] = {
    {.name = "json",
     .kind = FIELD_FLAG,
     .help = "print JSON",
     .offset = offsetof(struct references_settings, json)},
    {.name = "schema",
     .kind = FIELD_FLAG,
     .help = "print the JSON Schema of the files that describe such servers",
     .offset = offsetof(struct references_settings, schema)},
    {0}};

static void print_table(const struct models *models)
{
    struct table *table = table_create();
    table_add_column(table, "Reference", TABLE_LEFT);
    table_add_column(table, "What it is", TABLE_LEFT);
    table_add_column(table, "Here", TABLE_LEFT);
    for (size_t i = 0; i < models->count; i++) {
        const struct model *model = models->items[i].model;
        table_start_row(table);
        table_add_cell(table, model->name);
        table_add_cell(table, model->summary);
        table_add_cell(table, model->unsupported ? model->unsupported
                              : model->version   ? model->version
                                                 : "installed");
    }
    table_print(table, TABLE_TERMINAL, stdout);
    table_free(table);
}

static int run_references(int argc, char **argv)
{
    struct references_settings settings;
    struct error error;
    int exit_code;
    if (!options_read(&references_command, &settings, argc, argv, NULL, &exit_code))
        return exit_code;
    if (settings.schema) {
        json_show(third_party_schema());
        return EXIT_FINE;
    }
    struct models models = {0};
    if (references_add_shipped(&models, &error) < 0) {
        fprintf(stderr, "interleave references: %s\n", error.text);
        exit_code = EXIT_USAGE;
    } else {
        references_look_up(&models);
        if (settings.json)
            json_show(models_to_json(&models));
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
                   "such a file says is described by servers/reference/schema.json.",
    .options = options,
    .run = run_references,
};
