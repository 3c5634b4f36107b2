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

static void print_findings(const cJSON *findings)
{
    const cJSON *finding;
    cJSON_ArrayForEach(finding, findings)
    {
        const char *message = json_string(finding, "message");
        printf("%-8s  %-12s  %s\n", json_string(finding, "severity"),
               json_string(finding, "code"), message ? message : "");
        if (message)
            printf("%24s%s\n", "remedy: ", json_string(finding, "remedy"));
    }
}

static int run(int argc, char **argv)
{
    struct doctor_settings settings;
    int exit_code;
    if (!options_read(&doctor_command, &settings, argc, argv, NULL, &exit_code))
        return exit_code;
    cJSON *environment = machine_describe();
    cJSON *findings = doctor_examine(environment);
    exit_code = doctor_worst(findings) == SEVERITY_INVALID ? EXIT_INVALID : EXIT_FINE;
    if (settings.json) {
        cJSON *report = cJSON_CreateObject();
        cJSON_AddNumberToObject(report, "schema_version", 1);
        cJSON_AddItemToObject(report, "findings", findings);
        cJSON_AddItemToObject(report, "environment", environment);
        char *text = json_print(report);
        fputs(text, stdout);
        free(text);
        cJSON_Delete(report);
        return exit_code;
    }
    print_findings(findings);
    cJSON_Delete(findings);
    cJSON_Delete(environment);
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
