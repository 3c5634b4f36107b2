/* command_fixture.h - a command run in this process, and what it has printed. */
#ifndef TESTS_UNIT_COMMAND_FIXTURE_H
#define TESTS_UNIT_COMMAND_FIXTURE_H

#include "tests/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/options.h"

#define COMMAND_WORDS 16

/* Runs it with these words, up to NULL; stdout and stderr go to the file "printed". */
static inline int fixture_command(const struct command *command, const char *const *words)
{
    char *arguments[COMMAND_WORDS + 1] = {memory_copy_string(command->name)};
    int count = 1;
    for (; words[count - 1] && count < COMMAND_WORDS; count++)
        arguments[count] = memory_copy_string(words[count - 1]);
    fflush(stdout);
    int output = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO);
    int file = open("printed", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    int code = command->run(count, arguments);
    fflush(stdout);
    dup2(output, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    close(output);
    close(errors);
    close(file);
    for (int i = 0; i < count; i++)
        free(arguments[i]);
    return code;
}

static inline bool fixture_printed(const char *text)
{
    struct error error;
    char *content;
    if (file_read("printed", &content, NULL, &error) < 0)
        fail_msg("%s", error.text);
    bool found = strstr(content, text) != NULL;
    free(content);
    return found;
}

#endif
