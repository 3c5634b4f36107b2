/* scenarios.c - the command `scenarios`: what there is to ask. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "commands/commands.h"
#include "harness/experiment/scenario_files.h"

struct scenarios_settings {
    char *folder;
    bool json, schema;
};

static const struct field options[] = {
    {.name = "json",
     .kind = FIELD_FLAG,
     .help = "print the scenarios in full, as JSON",
     .offset = offsetof(struct scenarios_settings, json)},
    {.name = "schema",
     .kind = FIELD_FLAG,
     .help = "print the JSON Schema of scenario files",
     .offset = offsetof(struct scenarios_settings, schema)},
    {.name = "scenarios",
     .kind = FIELD_TEXT,
     .value = "DIR",
     .help = "folder of the scenario files",
     .offset = offsetof(struct scenarios_settings, folder)},
    {0}};

static void print_json(const struct scenarios *scenarios)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < scenarios->count; i++)
        cJSON_AddItemToArray(array, scenario_to_json(&scenarios->items[i]));
    json_show(array);
}

static void add_profiles(struct table *table, const struct scenario *scenario)
{
    struct text names = {0};
    for (int p = 0; profile_names[p]; p++)
        if (scenario_is_in_profile(scenario, p))
            text_printf(&names, "%s%s", names.length ? ", " : "", profile_names[p]);
    table_add_cell(table, text_string(&names));
    text_release(&names);
}

static void print_table(const struct scenarios *scenarios)
{
    struct table *table = table_create();
    table_add_column(table, "Scenario", TABLE_LEFT);
    table_add_column(table, "Sweep", TABLE_LEFT);
    table_add_column(table, "Profiles", TABLE_LEFT);
    table_add_column(table, "Question", TABLE_LEFT);
    for (size_t i = 0; i < scenarios->count; i++) {
        const struct scenario *scenario = &scenarios->items[i];
        table_start_row(table);
        table_add_cell(table, scenario->name);
        table_add_cell(table, scenario->sweep.variable);
        add_profiles(table, scenario);
        table_add_cell(table, scenario->question);
    }
    table_print(table, TABLE_TERMINAL, stdout);
    table_free(table);
}

static int run_scenarios(int argc, char **argv)
{
    struct scenarios_settings settings;
    int exit_code;
    if (!options_read(&scenarios_command, &settings, argc, argv, NULL, &exit_code))
        return exit_code;
    if (settings.schema) {
        json_show(scenario_schema());
        fields_release(options, &settings);
        return EXIT_FINE;
    }
    struct scenarios scenarios;
    struct error error;
    int result = scenarios_read(&scenarios, settings.folder, NULL, NULL, &error);
    fields_release(options, &settings);
    if (result < 0) {
        fprintf(stderr, "interleave scenarios: %s\n", error.text);
        return EXIT_USAGE;
    }
    if (settings.json)
        print_json(&scenarios);
    else
        print_table(&scenarios);
    scenarios_release(&scenarios);
    return EXIT_FINE;
}

const struct command scenarios_command = {
    .name = "scenarios",
    .summary = "list the scenarios and the questions that they answer",
    .options = options,
    .run = run_scenarios,
};
