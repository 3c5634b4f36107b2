/* validate.c - the command `validate`: what `bench` would say of a file. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "commands/claims_files.h"
#include "commands/commands.h"
#include "harness/experiment/scenario_check.h"
#include "harness/third_party/shipped.h"
#include "harness/third_party/third_party.h"
#include "workload/scenario_read.h"

struct validate_settings {
    bool external, claims;
};

static const struct field validate_options[] = {
    {.name = "external",
     .kind = FIELD_FLAG,
     .help = "the files describe servers, as for bench --external",
     .offset = offsetof(struct validate_settings, external)},
    {.name = "claims",
     .kind = FIELD_FLAG,
     .help = "the files hold claims, as scenarios/claims.json does",
     .offset = offsetof(struct validate_settings, claims)},
    {0}};

/* Reads the file; what it is about, on the heap, or NULL and the first mistake. */
static char *describe_scenario(const char *path, const struct models *models,
                               struct error *error)
{
    struct scenario scenario;
    if (scenario_read_checked(&scenario, path, models, error) < 0)
        return NULL;
    char *title = memory_copy_string(scenario.title);
    scenario_release(&scenario);
    return title;
}

static char *describe_external(const char *path, const struct models *models,
                               struct error *error)
{
    (void)models;
    struct third_party external;
    if (third_party_read(&external, path, error) < 0)
        return NULL;
    char *summary = memory_copy_string(external.summary);
    third_party_release(&external);
    return summary;
}

static char *describe_claims(const char *path, const struct models *models,
                             struct error *error)
{
    struct claims claims;
    (void)models;
    if (claims_read_checked(&claims, path, NULL, error) < 0)
        return NULL;
    char *about = memory_printf("%zu %s", claims.count,
                                text_plural((double)claims.count, "claim", "claims"));
    claims_release(&claims);
    return about;
}

/* Tells what each file is about, or its first mistake. Returns an exit code. */
static int check_files(const struct words *files,
                       char *(*describe)(const char *path, const struct models *models,
                                         struct error *error),
                       const struct models *models)
{
    int exit_code = EXIT_FINE;
    for (size_t i = 0; i < files->count; i++) {
        const char *path = files->items[i];
        struct error error;
        char *about = describe(path, models, &error);
        if (about) {
            printf("%s: %s\n", path, about);
        } else {
            fprintf(stderr, "%s\n", error.text);
            exit_code = EXIT_USAGE;
        }
        free(about);
    }
    return exit_code;
}

static int run_validate(int argc, char **argv)
{
    struct validate_settings settings;
    struct words files = {0};
    struct models models = {0};
    struct error error;
    int exit_code;
    if (!options_read(&validate_command, &settings, argc, argv, &files, &exit_code))
        return exit_code;
    if (files.count == 0) {
        fprintf(stderr, "interleave validate: name at least one file\n");
        return EXIT_USAGE;
    }
    models_add_ours(&models);
    if (references_add_shipped(&models, &error) == 0) {
        exit_code = check_files(&files,
                                settings.external ? describe_external
                                : settings.claims ? describe_claims
                                                  : describe_scenario,
                                &models);
    } else {
        fprintf(stderr, "interleave validate: %s\n", error.text);
        exit_code = EXIT_USAGE;
    }
    models_release(&models);
    words_release(&files);
    return exit_code;
}

const struct command validate_command = {
    .name = "validate",
    .summary = "check scenario files, or those of servers or claims",
    .operands = "FILE...",
    .description =
        "Reads each file as `bench` would, the paths, models and options in it "
        "included, and tells the first mistake with file, line and column. "
        "Exit code 2 if any file has one.",
    .options = validate_options,
    .run = run_validate,
};
