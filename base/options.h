/*
 * options.h - command lines, declared once. One table per command gives the parsing,
 * the --help text, the man page and the echo of the resolved settings; defaults go
 * through the same parser as what a user types.
 *
 * Accepts "--name value", "--name=value", short "-n value" and "--no-name" for flags;
 * "--" ends the options. Names may not be abbreviated.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/field.h"

/* A titled table and the structure that it fills. */
struct option_group {
    const char *title; /* "Options", "Options of event-loop-workers" */
    const struct field *options;
    void *settings;
};

/* One subcommand of the program. */
struct command {
    const char *name;
    const char *summary;     /* one line, a verb first, no full stop */
    const char *operands;    /* "URL..." for the usage line; NULL: none are allowed */
    const char *description; /* paragraphs for --help and the man page, or NULL */
    const struct field *options;
    /* Writes further groups for the help (not NULL-terminated), returns their number. */
    size_t (*more_groups)(struct option_group *groups, size_t maximum);
    /* argv[0] is the command's name. Returns an enum exit_code. */
    int (*run)(int argc, char **argv);
};

#define OPTIONS_MAX_GROUPS 32

/* Sets every member in the groups to its default. */
void options_defaults(const struct option_group *groups, size_t count);

/*
 * Parses argv[1..argc-1] into the groups' settings, defaults first. Operands are
 * collected in *operands (pointers into argv). Returns 0, or 1 when --help was asked
 * for and printed to stdout, or -EINVAL. An option that occurs in the command's other
 * groups (more_groups) but not here is refused naming the group it belongs to.
 */
MUST_CHECK int options_parse(const struct command *command,
                             const struct option_group *groups, size_t count, int argc,
                             char **argv, struct option_list *operands,
                             struct error *error);

/*
 * The common case: one table, one structure. On --help or error it prints and stores
 * the exit code in *exit_code, and returns false.
 */
bool options_read(const struct command *command, void *settings, int argc, char **argv,
                  struct option_list *operands, int *exit_code);

/* Sets one option from text, as if it had been typed: 0 or -EINVAL. */
MUST_CHECK int options_set(const struct field *option, void *settings, const char *text,
                           struct error *error);

void options_print_help(const struct command *command, FILE *file);

/* Adds one member per option, in the types of its table, to a JSON object. */
void options_to_json(const struct field *options, const void *settings, cJSON *object);

/* Describes a table as JSON: [{name, value, help, default, choices}]. */
cJSON *options_describe(const struct field *options);

/* A man page in roff of the program with these commands (NULL-terminated). */
void options_print_man(const struct command *const *commands, FILE *file);

void option_list_release(struct option_list *list);

#endif
