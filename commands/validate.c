/* validate.c - the command `validate`: what `bench` would say of a file. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "commands/commands.h"
#include "harness/experiment/scenario_files.h"
#include "harness/third_party/third_party.h"
#include "workload/scenario_read.h"

struct validate_settings {
    bool external;
};

static const struct field validate_options[] = {
    {.name = "external",
     .kind = FIELD_FLAG,
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
    struct third_party external;
    if (third_party_read(&external, path, error) < 0)
        return NULL;
    char *summary = memory_copy_string(external.summary);
    third_party_release(&external);
    return summary;
}

static int run_validate(int argc, char **argv)
{
    struct validate_settings settings;
    struct words files = {0};
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
    words_release(&files);
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
