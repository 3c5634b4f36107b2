/*
 * commands.h - the commands of this room, for main's list.
 */
#ifndef SERVERS_COMMANDS_H
#define SERVERS_COMMANDS_H

#include "base/options.h"

extern const struct command serve_command;
extern const struct command models_command;
extern const struct command ops_command;

#endif
