/* fetch_path.c - see fetch_path.h. */
#include "workload/fetch_path.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

size_t fetch_path(const char *program, char *path, size_t bytes)
{
    int length = snprintf(path, bytes, "/%s", program);
    for (char *at = path; bytes > 0 && *at; at++)
        *at = *at == ',' ? '/' : *at == '=' ? ':' : *at;
    return (size_t)length;
}

const char *fetch_program(const char *step)
{
    static const char name[] = "fetch:";
    return strncmp(step, name, strlen(name)) == 0 ? step + strlen(name) : NULL;
}

char *fetched_path(const char *step)
{
    const char *program = fetch_program(step);
    if (!program)
        return NULL;
    size_t bytes = strlen(program) + 2;
    char *path = memory_allocate(bytes);
    fetch_path(program, path, bytes);
    return path;
}

const char *fetch_program_alone(const char *path)
{
    return strchr(path + 1, '/') ? NULL : fetch_program(path + 1);
}
