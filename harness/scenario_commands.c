/* scenario_commands.c - the commands `scenarios` and `validate`. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "harness/commands.h"
#include "harness/external.h"
#include "harness/scenario_files.h"

/* ---- scenarios -------------------------------------------------------------------- */

struct settings {
    const char *folder;
    bool json;
};

static const struct option options[] = {{.name = "json",
                                         .type = OPTION_FLAG,
                                         .help = "print the scenarios in full, as JSON",
                                         .offset = offsetof(struct settings, json)},
                                        {.name = "scenarios",
                                         .type = OPTION_TEXT,
                                         .value = "DIR",
                                         .help = "folder of the scenario files",
                                         .offset = offsetof(struct settings, folder)},
                                        {0}};

static void print_json(const struct scenarios *scenarios)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < scenarios->count; i++)
        cJSON_AddItemToArray(array, scenario_to_json(&scenarios->items[i]));
    char *text = json_print(array);
    fputs(text, stdout);
    free(text);
    cJSON_Delete(array);
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
    struct settings settings;
    int exit_code;
    if (!options_read(&scenarios_command, &settings, argc, argv, NULL, &exit_code))
        return exit_code;
    struct scenarios scenarios;
    struct error error;
    if (scenarios_read(&scenarios, settings.folder, NULL, 0, &error) < 0) {
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

/* ---- validate --------------------------------------------------------------------- */

struct validate_settings {
    bool external;
};

static const struct option validate_options[] = {
    {.name = "external",
     .type = OPTION_FLAG,
     .help = "the files describe servers, as for bench --external",
     .offset = offsetof(struct validate_settings, external)},
    {0}};

/* Reads the file; what it is about, on the heap, or NULL and the first mistake. */
static char *describe_scenario(const char *path, struct error *error)
{
    struct scenario scenario;
    if (scenario_read(&scenario, path, error) < 0)
        return NULL;
    char *title = memory_copy_string(scenario.title);
    scenario_release(&scenario);
    return title;
}

static char *describe_external(const char *path, struct error *error)
{
    struct external external;
    if (external_read(&external, path, error) < 0)
        return NULL;
    char *summary = memory_copy_string(external.summary);
    external_release(&external);
    return summary;
}

static int run_validate(int argc, char **argv)
{
    struct validate_settings settings;
    struct option_list files = {0};
    int exit_code;
    if (!options_read(&validate_command, &settings, argc, argv, &files, &exit_code))
        return exit_code;
    if (files.count == 0) {
        fprintf(stderr, "interleave validate: name at least one file\n");
        return EXIT_USAGE;
    }
    exit_code = EXIT_FINE;
    for (size_t i = 0; i < files.count; i++) {
        struct error error;
        char *about = settings.external ? describe_external(files.items[i], &error)
                                        : describe_scenario(files.items[i], &error);
        if (about) {
            printf("%s: %s\n", files.items[i], about);
        } else {
            fprintf(stderr, "%s\n", error.text);
            exit_code = EXIT_USAGE;
        }
        free(about);
    }
    option_list_release(&files);
    return exit_code;
}

const struct command validate_command = {
    .name = "validate",
    .summary = "check scenario files, or those of servers",
    .operands = "FILE...",
    .description = "Reads each file as `bench` would and tells the first mistake in it "
                   "with file, line and column. Exit code 2 if any file has one.",
    .options = validate_options,
    .run = run_validate,
};
