/* claims.c - the command `claims`: what is said about the models, as it is judged. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/table.h"
#include "commands/claims_files.h"
#include "commands/commands.h"

struct claims_settings {
    char *folder;
    bool json, schema;
};

static const struct field options[] = {
    {.name = "json",
     .kind = FIELD_FLAG,
     .help = "print the claims in full, as JSON",
     .offset = offsetof(struct claims_settings, json)},
    {.name = "schema",
     .kind = FIELD_FLAG,
     .help = "print the JSON Schema of files of claims",
     .offset = offsetof(struct claims_settings, schema)},
    {.name = "scenarios",
     .kind = FIELD_TEXT,
     .value = "DIR",
     .help = "folder of the scenarios and of claims.json",
     .offset = offsetof(struct claims_settings, folder)},
    {0}};

static void print_and_delete(cJSON *json)
{
    char *text = json_print(json);
    fputs(text, stdout);
    free(text);
    cJSON_Delete(json);
}

static void print_table(const struct claims *claims)
{
    struct table *table = table_create();
    table_add_column(table, "#", TABLE_RIGHT);
    table_add_column(table, "Claim", TABLE_LEFT);
    table_add_column(table, "Said", TABLE_LEFT);
    for (size_t i = 0; i < claims->count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%llu",
                 (unsigned long long)claims->items[i].number);
        table_start_row(table);
        table_add_cell(table, number);
        table_add_cell(table, claims->items[i].id);
        table_add_cell(table, claims->items[i].said);
    }
    table_print(table, TABLE_TERMINAL, stdout);
    table_free(table);
}

static int run_claims(int argc, char **argv)
{
    struct claims_settings settings;
    struct claims claims;
    struct error error;
    int exit_code;
    if (!options_read(&claims_command, &settings, argc, argv, NULL, &exit_code))
        return exit_code;
    exit_code = EXIT_FINE;
    if (settings.schema) {
        print_and_delete(claims_schema());
    } else if (claims_read_checked(&claims, NULL, settings.folder, &error) < 0) {
        fprintf(stderr, "interleave claims: %s\n", error.text);
        exit_code = EXIT_USAGE;
    } else {
        if (settings.json)
            print_and_delete(claims_to_json(&claims));
        else
            print_table(&claims);
        claims_release(&claims);
    }
    fields_release(options, &settings);
    return exit_code;
}

const struct command claims_command = {
    .name = "claims",
    .summary = "list what is said about the models, and what a run judges",
    .description = "`interleave bench --claims` measures what they need and judges them.",
    .options = options,
    .run = run_claims,
};
