/* steps.c - see steps.h. */
#include "workload/steps.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/quantity.h"

struct path_step path_step_of(const char *text)
{
    return (struct path_step){text, strlen(text), strcspn(text, ":")};
}

bool path_step_equals(const struct path_step *step, const char *text)
{
    return strncmp(step->text, text, step->length) == 0 && !text[step->length];
}

bool path_step_duration(const struct path_step *step, struct duration *duration)
{
    char argument[QUANTITY_TEXT_BYTES];
    size_t length = step->length - step->name_length;
    if (length == 0 || length > sizeof argument)
        return false;
    memcpy(argument, step->text + step->name_length + 1, length - 1);
    argument[length - 1] = '\0';
    return duration_parse(argument, UINT64_MAX, duration, NULL) == 0;
}

bool path_step_time(const struct path_step *step, uint64_t *ns)
{
    struct duration duration;
    bool is_time = path_step_duration(step, &duration) && !duration.drawn;
    if (is_time)
        *ns = duration.ns;
    return is_time;
}

void path_visit(const char *path,
                void (*visit)(void *context, const struct path_step *step), void *context)
{
    struct path_walk walk;
    struct path_step step;
    path_walk_start(&walk, path, strlen(path));
    while (path_walk_next(&walk, &step)) {
        char *asked = path_step_fetches(&step);
        if (asked)
            path_visit(asked, visit, context);
        else if (step.length > 0)
            visit(context, &step);
        free(asked);
    }
}

/* ---- fetch:PROGRAM ----------------------------------------------------------------- */

static const char fetch[] = "fetch:";
#define FETCH_LENGTH (sizeof fetch - 1)

size_t fetch_path(const char *program, char *path, size_t bytes)
{
    int length = snprintf(path, bytes, "/%s", program);
    for (char *at = path; bytes > 0 && *at; at++)
        *at = *at == ',' ? '/' : *at == '=' ? ':' : *at;
    return (size_t)length;
}

char *path_step_fetches(const struct path_step *step)
{
    if (step->length < FETCH_LENGTH || memcmp(step->text, fetch, FETCH_LENGTH) != 0)
        return NULL;
    size_t length = step->length - FETCH_LENGTH;
    char *program = memory_printf("%.*s", (int)length, step->text + FETCH_LENGTH);
    char *path = memory_allocate(length + 2);
    fetch_path(program, path, length + 2);
    free(program);
    return path;
}

char *path_fetches(const char *path)
{
    struct path_walk walk;
    struct path_step step;
    path_walk_start(&walk, path, strlen(path));
    return path_walk_next(&walk, &step) && !walk.at ? path_step_fetches(&step) : NULL;
}

/* Appends the fetch step that asks for the path: the inverse of fetch_path. */
static void append_fetch(struct text *to, const char *path)
{
    text_append_string(to, fetch);
    for (const char *at = path + 1; *at; at++)
        text_append(to, *at == '/' ? "," : *at == ':' ? "=" : at, 1);
}

char *path_replace(const char *path,
                   const char *(*replacement)(const void *context,
                                              const struct path_step *step),
                   const void *context)
{
    struct text written = {0};
    struct path_walk walk;
    struct path_step step;
    path_walk_start(&walk, path, strlen(path));
    while (path_walk_next(&walk, &step)) {
        char *asked = path_step_fetches(&step);
        const char *other = asked ? NULL : replacement(context, &step);
        text_append(&written, "/", 1);
        if (asked) {
            char *replaced = path_replace(asked, replacement, context);
            append_fetch(&written, replaced);
            free(replaced);
        } else if (other) {
            text_append_string(&written, other);
        } else {
            text_append(&written, step.text, step.length);
        }
        free(asked);
    }
    if (!written.length)
        text_append(&written, "/", 1);
    return text_steal(&written);
}
