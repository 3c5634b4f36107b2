/* command_line.c - see command_line.h. */
#include "harness/trial/command_line.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"

void command_line_add(struct command_line *line, const char *word)
{
    if (line->count == MAX_COMMAND_LINE)
        abort(); /* more options than any model has */
    line->words[line->count++] = memory_copy_string(word);
}

void command_line_add_option(struct command_line *line, const char *option,
                             const char *value)
{
    command_line_add(line, option);
    command_line_add(line, value);
}

void command_line_set(void *line, const char *name, const char *value)
{
    char *word = memory_printf("--%s=%s", name, value);
    command_line_add(line, word);
    free(word);
}

char **command_line_copy(const char *const *words)
{
    size_t count = 0;
    while (words[count])
        count++;
    char **copy = memory_allocate_zeroed(count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = memory_copy_string(words[i]);
    return copy;
}

void command_line_replace(char ***list, const char *const *words)
{
    text_list_free(*list);
    *list = command_line_copy(words);
}

void command_line_release(struct command_line *line)
{
    /* The words are ours, const only for those who read them. */
    for (size_t i = 0; i < line->count; i++)
        free((void *)(uintptr_t)line->words[i]);
    line->count = 0;
}
