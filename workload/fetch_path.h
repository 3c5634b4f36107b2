/*
 * fetch_path.h - how a path is written inside the step of another: fetch:PROGRAM.
 *
 * A slash would end the step, so PROGRAM has a comma for a slash and an equals sign
 * for a colon, and no slash at its front: "fetch:wait=50ms,bytes=1KiB" asks for
 * "/wait:50ms/bytes:1KiB", and "fetch:" for "/". Colons stay colons, so that
 * "fetch:index.html" and "fetch:wait:50ms" mean what they look like.
 */
#ifndef WORKLOAD_FETCH_PATH_H
#define WORKLOAD_FETCH_PATH_H

#include <stddef.h>

/* Writes the path that is asked for, cut at `bytes`; returns its whole length. */
size_t fetch_path(const char *program, char *path, size_t bytes);

/* The program of a step "fetch:PROGRAM", or NULL where it is another step. */
const char *fetch_program(const char *step);

/* What such a step asks for, on the heap, or NULL where it is another step. */
char *fetched_path(const char *step);

/* The program of a path that is nothing but such a step, or NULL. */
const char *fetch_program_alone(const char *path);

#endif
