/*
 * options.h - command lines, declared once. One table per command (base/field.h) gives
 * the parsing, the --help text and the man page (base/options_help.h); defaults go
 * through the same parser as what a user types.
 *
 * Accepts "--name value", "--name=value", short "-n value" and "--no-name" for flags;
 * "--" ends the options. Names may not be abbreviated.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/field.h"
#include "base/text.h"

/* A titled table and the structure that it fills. */
struct option_group {
    const char *title; /* "Options", "Options of event-loop-workers" */
    const struct field *options;
    void *settings;
    uint64_t given; /* set by options_parse: bit i for row i, see field_is_given */
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

/*
 * Parses argv[1..argc-1] into the groups' settings, defaults first. Operands are
 * collected in *operands. Returns 0, and then the caller releases settings and operands;
 * or 1 when --help was asked for and printed to stdout, or -EINVAL, and then nothing is
 * left to release. An option that occurs in the command's other groups (more_groups) but
 * not here is refused naming the group it belongs to.
 */
MUST_CHECK int options_parse(const struct command *command, struct option_group *groups,
                             size_t count, int argc, char **argv, struct words *operands,
                             struct error *error);

/* fields_release of every group. */
void options_release(const struct option_group *groups, size_t count);

/* The same for a command as it begins: on --help or error it prints, stores the exit code
 * in *exit_code and returns false. */
bool options_read_groups(const struct command *command, struct option_group *groups,
                         size_t count, int argc, char **argv, struct words *operands,
                         int *exit_code);

/* ... with one table and one structure. */
bool options_read(const struct command *command, void *settings, int argc, char **argv,
                  struct words *operands, int *exit_code);

#endif
