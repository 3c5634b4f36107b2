/* options_help.c - see options_help.h. */
#include "base/options_help.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

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
        if (!field_is_option(o))
            continue;
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
        groups[count++] =
            (struct option_group){.title = "Options", .options = command->options};
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

cJSON *options_describe(const struct field *options)
{
    cJSON *array = cJSON_CreateArray();
    for (const struct field *o = options; o && o->name; o++) {
        if (!field_is_option(o))
            continue;
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
            if (!field_is_option(o))
                continue;
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
