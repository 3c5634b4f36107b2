/* options.c - see options.h. */
#include "base/options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "base/text.h"

static void *member_of(const struct field *option, void *settings)
{
    return (char *)settings + option->offset;
}

static const void *const_member_of(const struct field *option, const void *settings)
{
    return (const char *)settings + option->offset;
}

static const enum quantity_unit unit_of[] = {
    [FIELD_COUNT] = QUANTITY_COUNT,
    [FIELD_TIME] = QUANTITY_TIME,
    [FIELD_SIZE] = QUANTITY_SIZE,
};

static int set_choice(const struct field *option, int *choice, const char *text,
                      struct error *error)
{
    for (int i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            *choice = i;
            return 0;
        }
    }
    struct text allowed = {0};
    text_append_list(&allowed, option->choices);
    const char *near = text_nearest(text, option->choices);
    int result = error_set(error, -EINVAL, "expected one of %s, got \"%s\"%s%s%s",
                           text_string(&allowed), text, near ? " (did you mean \"" : "",
                           near ? near : "", near ? "\"?)" : "");
    text_release(&allowed);
    return result;
}

static int set_quantity(const struct field *option, uint64_t *value, const char *text,
                        struct error *error)
{
    if (option->zero_word && strcmp(text, option->zero_word) == 0) {
        *value = 0;
        return 0;
    }
    bool limited = option->minimum || option->maximum;
    int result =
        quantity_parse(unit_of[option->kind], text, limited ? option->minimum : 0,
                       limited ? option->maximum : 1ULL << 53, value, error);
    if (result < 0 && option->zero_word && error) {
        struct error detail = *error;
        return error_set(error, result, "expected \"%s\" or %s", option->zero_word,
                         detail.text + strlen("expected "));
    }
    return result;
}

int options_set(const struct field *option, void *settings, const char *text,
                struct error *error)
{
    void *member = member_of(option, settings);
    int result = 0;
    switch (option->kind) {
    case FIELD_FLAG:
        *(bool *)member = strcmp(text, "no") != 0;
        break;
    case FIELD_COUNT:
    case FIELD_TIME:
    case FIELD_SIZE:
        result = set_quantity(option, member, text, error);
        break;
    case FIELD_RATE:
        result = quantity_parse_rate(text, member, error);
        break;
    case FIELD_TEXT:
        *(const char **)member = text;
        break;
    case FIELD_CHOICE:
        result = set_choice(option, member, text, error);
        break;
    case FIELD_LIST: {
        struct option_list *list = member;
        list->items = memory_resize(list->items, (list->count + 1) * sizeof(char *));
        list->items[list->count++] = text;
        break;
    }
    }
    if (result < 0)
        return error_prefix(error, result, "--%s", option->name);
    return 0;
}

static void set_default(const struct field *option, void *settings)
{
    void *member = member_of(option, settings);
    switch (option->kind) {
    case FIELD_FLAG:
        *(bool *)member = false;
        break;
    case FIELD_COUNT:
    case FIELD_TIME:
    case FIELD_SIZE:
        *(uint64_t *)member = 0;
        break;
    case FIELD_RATE:
        *(double *)member = (double)NAN;
        break;
    case FIELD_TEXT:
        *(const char **)member = NULL;
        break;
    case FIELD_CHOICE:
        *(int *)member = 0;
        break;
    case FIELD_LIST:
        *(struct option_list *)member = (struct option_list){0};
        break;
    }
    struct error error;
    if (option->fallback && options_set(option, settings, option->fallback, &error) < 0) {
        fprintf(stderr, "interleave: the default of an option is bad: %s\n", error.text);
        abort();
    }
}

void options_defaults(const struct option_group *groups, size_t count)
{
    for (size_t g = 0; g < count; g++)
        for (const struct field *o = groups[g].options; o && o->name; o++)
            set_default(o, groups[g].settings);
}

/* ---- parsing ------------------------------------------------------------------------
 */

struct match {
    const struct field *option;
    void *settings;
    bool negated;
};

static bool is_named(const struct field *option, const char *name, size_t length)
{
    return strlen(option->name) == length && strncmp(option->name, name, length) == 0;
}

static struct match find_long(const struct option_group *groups, size_t count,
                              const char *name, size_t length)
{
    for (size_t g = 0; g < count; g++) {
        for (const struct field *o = groups[g].options; o && o->name; o++) {
            if (is_named(o, name, length))
                return (struct match){o, groups[g].settings, false};
            bool negated = o->kind == FIELD_FLAG && length > 3 &&
                           strncmp(name, "no-", 3) == 0 &&
                           is_named(o, name + 3, length - 3);
            if (negated)
                return (struct match){o, groups[g].settings, true};
        }
    }
    return (struct match){0};
}

static struct match find_letter(const struct option_group *groups, size_t count,
                                char letter)
{
    for (size_t g = 0; g < count; g++)
        for (const struct field *o = groups[g].options; o && o->name; o++)
            if (o->letter && o->letter == letter)
                return (struct match){o, groups[g].settings, false};
    return (struct match){0};
}

static int refuse_option(const struct command *command, const struct option_group *groups,
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
static int parse_option(const struct command *command, const struct option_group *groups,
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
    return options_set(match.option, match.settings, value, error);
}

int options_parse(const struct command *command, const struct option_group *groups,
                  size_t count, int argc, char **argv, struct option_list *operands,
                  struct error *error)
{
    options_defaults(groups, count);
    if (operands)
        *operands = (struct option_list){0};
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
            operands->items =
                memory_resize(operands->items, (operands->count + 1) * sizeof(char *));
            operands->items[operands->count++] = argument;
        } else {
            return error_set(error, -EINVAL,
                             "unexpected argument \"%s\" (see interleave %s --help)",
                             argument, command->name);
        }
    }
    return 0;
}

bool options_read(const struct command *command, void *settings, int argc, char **argv,
                  struct option_list *operands, int *exit_code)
{
    struct option_group group = {"Options", command->options, settings};
    struct error error;
    int result = options_parse(command, &group, 1, argc, argv, operands, &error);
    if (result < 0)
        fprintf(stderr, "interleave %s: %s\n", command->name, error.text);
    *exit_code = result < 0 ? EXIT_USAGE : EXIT_FINE;
    return result == 0;
}

void option_list_release(struct option_list *list)
{
    free(list->items);
    *list = (struct option_list){0};
}

/* ---- help, echo, man page ------------------------------------------------------------
 */

static bool is_listable_choice(const struct field *option)
{
    return option->kind == FIELD_CHOICE && option->choices;
}

/* "--rate R", "-c, --connections N". */
static void append_synopsis(struct text *text, const struct field *option)
{
    if (option->letter)
        text_printf(text, "-%c, ", option->letter);
    text_printf(text, "--%s", option->name);
    if (option->kind != FIELD_FLAG)
        text_printf(text, " %s", option->value ? option->value : "VALUE");
}

static void append_notes(struct text *text, const struct field *option)
{
    text_append_string(text, option->help);
    if (is_listable_choice(option)) {
        text_append_string(text, ": ");
        text_append_list(text, option->choices);
    }
    if (option->fallback)
        text_printf(text, " (default: %s)", option->fallback);
}

#define HELP_INDENT 28
#define HELP_WIDTH  92

/* Prints `words` from column `at` on, broken at blanks, later lines indented. */
static void print_wrapped(FILE *file, const char *words, int at, int indent)
{
    bool line_start = true;
    while (*words) {
        size_t length = strcspn(words, " \n");
        if (!line_start && length && at + 1 + (int)length > HELP_WIDTH) {
            at = fprintf(file, "\n%*s", indent, "") - 1;
            line_start = true;
        }
        at += fprintf(file, "%s%.*s", line_start ? "" : " ", (int)length, words);
        words += length;
        line_start = *words == '\n';
        if (line_start)
            at = fprintf(file, "\n%*s", words[1] == '\n' ? 0 : indent, "") - 1;
        if (*words)
            words++;
    }
    fprintf(file, "\n");
}

static void print_group_help(const struct option_group *group, FILE *file)
{
    fprintf(file, "\n%s:\n", group->title);
    for (const struct field *o = group->options; o && o->name; o++) {
        struct text synopsis = {0}, notes = {0};
        append_synopsis(&synopsis, o);
        append_notes(&notes, o);
        int at = fprintf(file, "  %s", text_string(&synopsis));
        if (at >= HELP_INDENT)
            at = fprintf(file, "\n") - 1;
        fprintf(file, "%*s", HELP_INDENT - at, "");
        print_wrapped(file, text_string(&notes), HELP_INDENT, HELP_INDENT);
        text_release(&synopsis);
        text_release(&notes);
    }
}

static size_t all_groups(const struct command *command, struct option_group *groups)
{
    size_t count = 0;
    if (command->options)
        groups[count++] = (struct option_group){"Options", command->options, NULL};
    if (command->more_groups)
        count += command->more_groups(groups + count, OPTIONS_MAX_GROUPS - count);
    return count;
}

void options_print_help(const struct command *command, FILE *file)
{
    fprintf(file, "usage: interleave %s%s%s%s\n\n", command->name,
            command->options ? " [options]" : "", command->operands ? " " : "",
            command->operands ? command->operands : "");
    fprintf(file, "%c%s.\n", toupper((unsigned char)command->summary[0]),
            command->summary + 1);
    if (command->description) {
        fprintf(file, "\n");
        print_wrapped(file, command->description, 0, 0);
    }
    struct option_group groups[OPTIONS_MAX_GROUPS];
    size_t count = all_groups(command, groups);
    for (size_t g = 0; g < count; g++)
        print_group_help(&groups[g], file);
}

void options_to_json(const struct field *options, const void *settings, cJSON *object)
{
    for (const struct field *o = options; o && o->name; o++) {
        const void *member = const_member_of(o, settings);
        uint64_t number;
        switch (o->kind) {
        case FIELD_FLAG:
            cJSON_AddBoolToObject(object, o->name, *(const bool *)member);
            break;
        case FIELD_COUNT:
        case FIELD_TIME:
        case FIELD_SIZE: {
            char text[QUANTITY_TEXT_BYTES];
            number = *(const uint64_t *)member;
            if (number == 0 && o->zero_word)
                cJSON_AddStringToObject(object, o->name, o->zero_word);
            else if (o->kind == FIELD_COUNT)
                cJSON_AddNumberToObject(object, o->name, (double)number);
            else
                cJSON_AddStringToObject(
                    object, o->name,
                    quantity_exact(unit_of[o->kind], number, text, sizeof text));
            break;
        }
        case FIELD_RATE: {
            double rate = *(const double *)member;
            if (isnan(rate))
                cJSON_AddNullToObject(object, o->name);
            else
                cJSON_AddNumberToObject(object, o->name, rate);
            break;
        }
        case FIELD_TEXT: {
            const char *text = *(const char *const *)member;
            if (text)
                cJSON_AddStringToObject(object, o->name, text);
            else
                cJSON_AddNullToObject(object, o->name);
            break;
        }
        case FIELD_CHOICE:
            cJSON_AddStringToObject(object, o->name, o->choices[*(const int *)member]);
            break;
        case FIELD_LIST: {
            const struct option_list *list = member;
            cJSON *array = cJSON_AddArrayToObject(object, o->name);
            for (size_t i = 0; i < list->count; i++)
                cJSON_AddItemToArray(array, cJSON_CreateString(list->items[i]));
            break;
        }
        }
    }
}

cJSON *options_describe(const struct field *options)
{
    cJSON *array = cJSON_CreateArray();
    for (const struct field *o = options; o && o->name; o++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", o->name);
        cJSON_AddStringToObject(item, "help", o->help);
        if (o->value)
            cJSON_AddStringToObject(item, "value", o->value);
        if (o->fallback)
            cJSON_AddStringToObject(item, "default", o->fallback);
        if (is_listable_choice(o)) {
            cJSON *choices = cJSON_AddArrayToObject(item, "choices");
            for (size_t i = 0; o->choices[i]; i++)
                cJSON_AddItemToArray(choices, cJSON_CreateString(o->choices[i]));
        }
        cJSON_AddItemToArray(array, item);
    }
    return array;
}

/* Escapes what roff would take for a command or a hyphenation. */
static void print_roff(FILE *file, const char *text)
{
    for (bool line_start = true; *text; line_start = *text == '\n', text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", file);
        if (*text == '\\')
            fputs("\\e", file);
        else if (*text == '-')
            fputs("\\-", file);
        else
            fputc(*text, file);
    }
}

static void print_command_man(const struct command *command, FILE *file)
{
    fprintf(file, ".SS interleave %s", command->name);
    if (command->operands) {
        fputc(' ', file);
        print_roff(file, command->operands);
    }
    fputc('\n', file);
    print_roff(file, command->summary);
    fprintf(file, ".\n");
    if (command->description) {
        fprintf(file, ".PP\n");
        print_roff(file, command->description);
        fprintf(file, "\n");
    }
    struct option_group groups[OPTIONS_MAX_GROUPS];
    size_t count = all_groups(command, groups);
    for (size_t g = 0; g < count; g++) {
        if (g > 0) {
            fprintf(file, ".PP\n");
            print_roff(file, groups[g].title);
            fprintf(file, ":\n");
        }
        for (const struct field *o = groups[g].options; o && o->name; o++) {
            struct text synopsis = {0}, notes = {0};
            append_synopsis(&synopsis, o);
            append_notes(&notes, o);
            fprintf(file, ".TP\n.B ");
            print_roff(file, text_string(&synopsis));
            fputc('\n', file);
            print_roff(file, text_string(&notes));
            fprintf(file, ".\n");
            text_release(&synopsis);
            text_release(&notes);
        }
    }
}

void options_print_man(const struct command *const *commands, FILE *file)
{
    fprintf(file,
            ".TH INTERLEAVE 1\n.SH NAME\n"
            "interleave \\- which concurrency model should serve this workload?\n"
            ".SH SYNOPSIS\n.B interleave\n.I command\n[options]\n"
            ".SH DESCRIPTION\n"
            "Runs the same HTTP work behind every concurrency model that servers use,\n"
            "drives them with an open\\- or closed\\-loop load generator, and reports\n"
            "which model fits which workload on this machine.\n.SH COMMANDS\n");
    for (; *commands; commands++)
        print_command_man(*commands, file);
    fprintf(file,
            ".SH EXIT STATUS\n"
            "0 fine; 1 refuted or failed; 2 usage or bad input, nothing was started;\n"
            "3 the measurement is invalid; 4 inconclusive under \\-\\-strict;\n"
            "130 interrupted, resumable.\n");
}
