/*
 * command_line.h - a child's command line being put together; it owns its words.
 */
#ifndef HARNESS_COMMAND_LINE_H
#define HARNESS_COMMAND_LINE_H

#include <stddef.h>

#define MAX_COMMAND_LINE 96

/* Zero-initialised it is empty. */
struct command_line {
    const char *words[MAX_COMMAND_LINE + 1]; /* ends with NULL */
    size_t count;
};

void command_line_add(struct command_line *line, const char *word);

/* "option", "value". */
void command_line_add_option(struct command_line *line, const char *option,
                             const char *value);

/* "--name=value"; of the shape that contender_options calls. */
void command_line_set(void *line, const char *name, const char *value);

/* A deep copy of a list of words that ends with NULL. */
char **command_line_copy(const char *const *words);

/* Puts such a copy in the place of another. */
void command_line_replace(char ***list, const char *const *words);

void command_line_release(struct command_line *line);

#endif
