/* doctor.c - the command `doctor`: is this machine fit to measure on? */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "commands/commands.h"
#include "harness/probe/doctor.h"
#include "harness/probe/machine.h"

struct doctor_settings {
    bool json;
};

static const struct field options[] = {
    {.name = "json",
     .kind = FIELD_FLAG,
     .help = "print the environment and the findings as JSON",
     .offset = offsetof(struct doctor_settings, json)},
    {0}};

static void print_findings(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        printf("%-8s  %-12s  %s\n", severity_names[finding->severity], finding->code,
               finding->message ? finding->message : "");
        if (finding->message)
            printf("%24s%s\n", "remedy: ", finding->remedy);
    }
}

static void print_json(const struct findings *findings,
                       const struct environment *environment)
{
    cJSON *report = cJSON_CreateObject();
    cJSON_AddNumberToObject(report, "schema_version", 1);
    cJSON_AddItemToObject(report, "findings", findings_to_json(findings, SEVERITY_FINE));
    cJSON_AddItemToObject(report, "environment",
                          record_to_json(&environment_type, environment));
    char *text = json_print(report);
    fputs(text, stdout);
    free(text);
    cJSON_Delete(report);
}

static int run(int argc, char **argv)
{
    struct doctor_settings settings;
    int exit_code;
    if (!options_read(&doctor_command, &settings, argc, argv, NULL, &exit_code))
        return exit_code;
    struct environment environment;
    struct findings findings;
    machine_describe(&environment);
    doctor_examine(&environment, &findings);
    if (settings.json)
        print_json(&findings, &environment);
    else
        print_findings(&findings);
    exit_code = findings_worst(&findings) == SEVERITY_INVALID ? EXIT_INVALID : EXIT_FINE;
    findings_release(&findings);
    environment_release(&environment);
    return exit_code;
}

const struct command doctor_command = {
    .name = "doctor",
    .summary = "tell whether this machine is fit to measure on",
    .description =
        "Examines the machine and says, for each check, whether a measurement taken now "
        "would be invalid, should be read with care, or is fine, and what to do. Nothing "
        "is changed. Exit code 3 where a measurement would be invalid.",
    .options = options,
    .run = run,
};
