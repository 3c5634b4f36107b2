/*
 * options_help.h - what the option tables tell people: --help, the man page, and the
 * options of a model as JSON.
 */
#ifndef BASE_OPTIONS_HELP_H
#define BASE_OPTIONS_HELP_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/options.h"

void options_print_help(const struct command *command, FILE *file);

/* Describes a table as JSON: [{name, value, help, default, choices}]. */
cJSON *options_describe(const struct field *options);

/* A man page in roff of the program with these commands (NULL-terminated). */
void options_print_man(const struct command *const *commands, FILE *file);

#endif
