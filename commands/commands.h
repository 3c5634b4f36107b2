/*
 * commands.h - the commands, for the list in main.c. Each is one file: its option table
 * and the glue between the rooms that do its work.
 */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include "base/options.h"

extern const struct command bench_command;
extern const struct command report_command;
extern const struct command compare_command;
extern const struct command verify_command;
extern const struct command reproduce_command;
extern const struct command serve_command;
extern const struct command load_command;
extern const struct command merge_command;
extern const struct command doctor_command;
extern const struct command scenarios_command;
extern const struct command claims_command;
extern const struct command validate_command;
extern const struct command models_command;
extern const struct command references_command;
extern const struct command ops_command;

#endif
