/* program.c - see program.h. */
#include "servers/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define WORD_BYTES 48

/* A part of the path as a string for lookups and messages: printable, cut if long. */
static void copy_word(char *word, size_t word_bytes, const char *from, size_t length)
{
    size_t kept = length < word_bytes ? length : word_bytes - 1;
    for (size_t i = 0; i < kept; i++) {
        bool plain = from[i] > ' ' && from[i] <= '~' && from[i] != '"' && from[i] != '\\';
        word[i] = plain ? from[i] : '?';
    }
    word[kept] = '\0';
    if (length > kept)
        memcpy(word + kept - 3, "...", 3);
}

static int refuse_op(const struct op *const *list, unsigned number,
                     const struct path_step *step, struct error *error)
{
    size_t count = 0;
    while (list[count])
        count++;
    const char **names = memory_allocate_zeroed(count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = list[i]->name;
    struct text known = {0};
    text_append_list(&known, names);
    char name[WORD_BYTES];
    copy_word(name, sizeof name, step->text, step->name_length);
    const char *near = text_nearest(name, names);
    int result =
        error_set(error, -EINVAL,
                  "step %u: expected one of %s, each with its argument as in wait:50ms, "
                  "got \"%s\"%s%s%s",
                  number, text_string(&known), name, near ? " (did you mean \"" : "",
                  near ? near : "", near ? "\"?)" : "");
    text_release(&known);
    free(names);
    return result;
}

/* A text that is kept has to have survived copy_word as it was. */
static int check_text(const char *copy, const char *text, size_t length,
                      struct error *error)
{
    if (length < OP_TEXT_BYTES && memcmp(copy, text, length) == 0)
        return 0;
    return error_set(error, -EINVAL,
                     "expected at most %d characters, printable ones without blanks, "
                     "quotes and backslashes, got \"%s\"",
                     OP_TEXT_BYTES - 1, copy);
}

/* The index of the op with this name, or -1. */
static int find_op(const struct op *const *list, const char *name, size_t length)
{
    for (int i = 0; list[i]; i++)
        if (strncmp(list[i]->name, name, length) == 0 && !list[i]->name[length])
            return i;
    return -1;
}

static int parse_step(struct program *program, const struct op *const *list,
                      unsigned number, const struct path_step *step, struct error *error)
{
    int index = find_op(list, step->text, step->name_length);
    if (index < 0)
        return refuse_op(list, number, step, error);
    const struct op *op = list[index];
    if (step->name_length == step->length)
        return error_set(error, -EINVAL, "step %u: %s needs an argument, as in %s:%s",
                         number, op->name, op->name, op->example);
    const char *text = step->text + step->name_length + 1;
    size_t length = step->length - step->name_length - 1;
    char argument[OP_TEXT_BYTES];
    copy_word(argument, op->keeps_text ? sizeof argument : WORD_BYTES, text, length);
    uint64_t value = 0;
    int result = op->keeps_text ? check_text(argument, text, length, error) : 0;
    if (result == 0)
        result = op->parse(argument, &value, error);
    if (result < 0)
        return error_prefix(error, result, "step %u: %s", number, op->name);
    if (op->kind != OP_REPLY) {
        program->steps[program->step_count++] = (struct step){
            .argument = value,
            .text = op->keeps_text ? text : NULL,
            .text_length = op->keeps_text ? (unsigned)length : 0,
            .op = (unsigned)index,
        };
        return 0;
    }
    if (program->has_body_bytes)
        return error_set(error, -EINVAL, "step %u: %s is allowed once", number, op->name);
    program->has_body_bytes = true;
    program->body_bytes = value;
    return 0;
}

int program_parse(struct program *program, const struct op *const *list, const char *path,
                  size_t length, struct error *error)
{
    struct path_walk walk;
    struct path_step step;
    program->step_count = 0;
    program->has_body_bytes = false;
    if (!path_walk_start(&walk, path, length))
        return error_set(error, -EINVAL, "expected a path that begins with a slash");
    int result = 0;
    for (unsigned number = 1; result == 0 && path_walk_next(&walk, &step); number++) {
        if (number > PATH_MAX_STEPS)
            return error_set(error, -EINVAL, "expected at most %d steps", PATH_MAX_STEPS);
        result = parse_step(program, list, number, &step, error);
    }
    return result;
}

int op_check_path(const char *path, struct error *error)
{
    struct program program;
    return program_parse(&program, op_list, path, strlen(path), error);
}

const struct op *op_of_step(const struct path_step *step)
{
    int index = find_op(op_list, step->text, step->name_length);
    return index < 0 ? NULL : op_list[index];
}
