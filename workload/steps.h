/*
 * steps.h - the parser of the path language: the path of a request is a program of steps.
 *
 *   "/wait:50ms/spin:200k"   two steps; a step is NAME or NAME:ARGUMENT, split at its
 *                            first colon
 *   "/"                      the program without steps
 *   "/fetch:PROGRAM"         a step that asks another server for a path
 *
 * A slash would end the step, so PROGRAM has a comma for a slash and an equals sign
 * for a colon, and no slash at its front: "fetch:wait=50ms,bytes=1KiB" asks for
 * "/wait:50ms/bytes:1KiB", and "fetch:" for "/". Colons stay colons, so that
 * "fetch:index.html" and "fetch:wait:50ms" mean what they look like.
 *
 * Names and arguments are interpreted by the operations (servers/ops/op.h). All functions
 * are stateless and thread-safe.
 */
#ifndef WORKLOAD_STEPS_H
#define WORKLOAD_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "workload/duration.h"

#define PATH_MAX_STEPS 16

/* One step: a slice of the path that it was read from, without a NUL at its end. */
struct path_step {
    const char *text;   /* "gzip:64KiB"; empty between two slashes */
    size_t length;      /* of all of it */
    size_t name_length; /* up to the first colon; = length where there is none */
};

/* An iterator over the steps of a path. */
struct path_walk {
    const char *at, *end; /* at = NULL: no step is left */
};

/* Begins before the first step. False where the path does not begin with a slash. */
static inline bool path_walk_start(struct path_walk *walk, const char *path,
                                   size_t length)
{
    bool is_path = length > 0 && *path == '/';
    *walk = (struct path_walk){is_path && length > 1 ? path + 1 : NULL, path + length};
    return is_path;
}

/* Takes the next step; false where none is left. */
static inline bool path_walk_next(struct path_walk *walk, struct path_step *step)
{
    if (!walk->at)
        return false;
    const char *slash = memchr(walk->at, '/', (size_t)(walk->end - walk->at));
    step->text = walk->at;
    step->length = (size_t)((slash ? slash : walk->end) - walk->at);
    const char *colon = memchr(step->text, ':', step->length);
    step->name_length = colon ? (size_t)(colon - step->text) : step->length;
    walk->at = slash ? slash + 1 : NULL;
    return true;
}

/* The step of a text that is nothing but one, "gzip:64KiB". */
struct path_step path_step_of(const char *text);

/* Whether the whole step equals the text, "gzip:64KiB". */
bool path_step_equals(const struct path_step *step, const char *text);

/* The time in "spin:10ms"; false where the argument is not a time. */
bool path_step_time(const struct path_step *step, uint64_t *ns);

/* How long "wait:50ms" or "wait:50ms~exp" lasts; false where the argument is no
 * duration. */
bool path_step_duration(const struct path_step *step, struct duration *duration);

/* Calls `visit` with every step of the path that is not empty. A fetch step is replaced
 * by the steps of the path that it asks for. */
void path_visit(const char *path,
                void (*visit)(void *context, const struct path_step *step),
                void *context);

/*
 * A copy of the path with some of its steps replaced, on the heap: `replacement` returns
 * the new text of a step, or NULL to leave it as it is. It is also called for the steps
 * of paths that fetch steps ask for.
 */
char *path_replace(const char *path,
                   const char *(*replacement)(const void *context,
                                              const struct path_step *step),
                   const void *context);

/* ---- fetch:PROGRAM ----------------------------------------------------------------- */

/* Writes the path that a program asks for, cut at `bytes`; returns its whole length. */
size_t fetch_path(const char *program, char *path, size_t bytes);

/* The path that a fetch step asks for, on the heap; NULL for other steps. */
char *path_step_fetches(const struct path_step *step);

/* The same for a path that consists of one fetch step; NULL for other paths. */
char *path_fetches(const char *path);

#endif
