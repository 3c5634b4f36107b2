/* options.c - see options.h. */
#include "base/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options_help.h"

struct match {
    const struct field *option; /* NULL: there is none */
    struct option_group *group;
    bool negated;
};

static bool is_named(const struct field *option, const char *name, size_t length)
{
    return strlen(option->name) == length && strncmp(option->name, name, length) == 0;
}

/* "--no-loud". */
static bool is_negated(const struct field *option, const char *name, size_t length)
{
    return option->kind == FIELD_FLAG && length > 3 && strncmp(name, "no-", 3) == 0 &&
           is_named(option, name + 3, length - 3);
}

static struct match find_long(struct option_group *groups, size_t count, const char *name,
                              size_t length)
{
    for (size_t g = 0; g < count; g++) {
        for (const struct field *o = groups[g].options; o && o->name; o++) {
            bool negated = is_negated(o, name, length);
            if (field_is_option(o) && (negated || is_named(o, name, length)))
                return (struct match){o, &groups[g], negated};
        }
    }
    return (struct match){0};
}

static struct match find_letter(struct option_group *groups, size_t count, char letter)
{
    for (size_t g = 0; g < count; g++)
        for (const struct field *o = groups[g].options; o && o->name; o++)
            if (o->letter && o->letter == letter)
                return (struct match){o, &groups[g], false};
    return (struct match){0};
}

static int refuse_option(const struct command *command, struct option_group *groups,
                         size_t count, const char *argument, struct error *error)
{
    const char *name = argument + strspn(argument, "-");
    size_t length = strcspn(name, "=");
    struct option_group others[OPTIONS_MAX_GROUPS];
    size_t other_count =
        command->more_groups ? command->more_groups(others, OPTIONS_MAX_GROUPS) : 0;
    for (size_t g = 0; g < other_count; g++)
        if (find_long(&others[g], 1, name, length).option)
            return error_set(error, -EINVAL,
                             "--%.*s is not an option here, it is one of: %s",
                             (int)length, name, others[g].title);
    const char *names[256];
    size_t known = 0;
    for (size_t g = 0; g < count; g++)
        for (const struct field *o = groups[g].options; o && o->name && known < 255; o++)
            if (field_is_option(o))
                names[known++] = o->name;
    names[known] = NULL;
    char *word = memory_printf("%.*s", (int)length, name);
    const char *near = text_nearest(word, names);
    free(word);
    return error_set(error, -EINVAL, "unknown option %s%s%s%s (see interleave %s --help)",
                     argument, near ? ", did you mean --" : "", near ? near : "",
                     near ? "?" : "", command->name);
}

/* Parses the option at argv[*i], moving *i over a separate value. */
static int parse_option(const struct command *command, struct option_group *groups,
                        size_t count, int argc, char **argv, int *i, struct error *error)
{
    const char *argument = argv[*i];
    const char *value = NULL;
    struct match match;
    if (argument[1] == '-') {
        size_t length = strcspn(argument + 2, "=");
        match = find_long(groups, count, argument + 2, length);
        if (argument[2 + length] == '=')
            value = argument + 2 + length + 1;
    } else {
        match = find_letter(groups, count, argument[1]);
        if (argument[2])
            value = argument + 2;
    }
    if (!match.option)
        return refuse_option(command, groups, count, argument, error);
    if (match.option->kind == FIELD_FLAG) {
        if (value)
            return error_set(error, -EINVAL, "--%s takes no value", match.option->name);
        value = match.negated ? "no" : "yes";
    } else if (!value) {
        if (*i + 1 >= argc)
            return error_set(error, -EINVAL, "--%s needs a value: %s", match.option->name,
                             match.option->value);
        value = argv[++*i];
    }
    int result = field_set(match.option, match.group->settings, value, error);
    match.group->given |= field_bit(match.group->options, match.option);
    if (result < 0 && match.option->kind == FIELD_ARRAY) /* one of several: say which */
        return error_prefix(error, result, "--%s %s", match.option->name, value);
    return result < 0 ? error_prefix(error, result, "--%s", match.option->name) : 0;
}

/* Parses what comes after the defaults. */
static int parse_arguments(const struct command *command, struct option_group *groups,
                           size_t count, int argc, char **argv, struct words *operands,
                           struct error *error)
{
    bool options_ended = false;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (!options_ended && strcmp(argument, "--") == 0) {
            options_ended = true;
        } else if (!options_ended &&
                   (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)) {
            options_print_help(command, stdout);
            return 1;
        } else if (!options_ended && argument[0] == '-' && argument[1]) {
            int result = parse_option(command, groups, count, argc, argv, &i, error);
            if (result < 0)
                return result;
        } else if (operands && command->operands) {
            words_add(operands, argument);
        } else {
            return error_set(error, -EINVAL,
                             "unexpected argument \"%s\" (see interleave %s --help)",
                             argument, command->name);
        }
    }
    return 0;
}

void options_release(const struct option_group *groups, size_t count)
{
    for (size_t g = 0; g < count; g++)
        fields_release(groups[g].options, groups[g].settings);
}

int options_parse(const struct command *command, struct option_group *groups,
                  size_t count, int argc, char **argv, struct words *operands,
                  struct error *error)
{
    for (size_t g = 0; g < count; g++) {
        fields_default(groups[g].options, groups[g].settings);
        groups[g].given = 0;
    }
    if (operands)
        *operands = (struct words){0};
    int result = parse_arguments(command, groups, count, argc, argv, operands, error);
    if (result != 0) {
        options_release(groups, count);
        if (operands)
            words_release(operands);
    }
    return result;
}

bool options_read_groups(const struct command *command, struct option_group *groups,
                         size_t count, int argc, char **argv, struct words *operands,
                         int *exit_code)
{
    struct error error;
    int result = options_parse(command, groups, count, argc, argv, operands, &error);
    if (result < 0)
        fprintf(stderr, "interleave %s: %s\n", command->name, error.text);
    *exit_code = result < 0 ? EXIT_USAGE : EXIT_FINE;
    return result == 0;
}

bool options_read(const struct command *command, void *settings, int argc, char **argv,
                  struct words *operands, int *exit_code)
{
    struct option_group group = {
        .title = "Options", .options = command->options, .settings = settings};
    return options_read_groups(command, &group, 1, argc, argv, operands, exit_code);
}
