/* commands.h - the commands of this room, for the list in main.c. */
#ifndef HARNESS_COMMANDS_H
#define HARNESS_COMMANDS_H

#include "base/options.h"

extern const struct command bench_command;
extern const struct command report_command;
extern const struct command doctor_command;
extern const struct command scenarios_command;
extern const struct command references_command;
extern const struct command validate_command;

#endif
