/* report.c - the command `report`: everything after the trials, made again. */
#include "report/report.h"

#include <stdio.h>

#include "commands/commands.h"

static int run(int argc, char **argv)
{
    struct words folders = {0};
    int exit_code;
    if (!options_read(&report_command, NULL, argc, argv, &folders, &exit_code))
        return exit_code;
    struct error error;
    const char *folder = folders.count ? folders.items[0] : "results/latest";
    exit_code = EXIT_FINE;
    if (folders.count > 1) {
        fprintf(stderr, "interleave report: give one folder\n");
        exit_code = EXIT_USAGE;
    } else if (report_write(folder, stdout, &error) < 0) {
        fprintf(stderr, "interleave report: %s\n", error.text);
        exit_code = EXIT_USAGE;
    }
    words_release(&folders);
    return exit_code;
}

const struct command report_command = {
    .name = "report",
    .summary = "recompute and print the tables of a folder of results",
    .operands = "[DIR]",
    .description =
        "Makes everything that comes after the trials again from the trials "
        "(samples.csv, comparison.*, verdicts.*, SHA256SUMS) and prints the tables. "
        "Without DIR: results/latest.",
    .run = run,
};
