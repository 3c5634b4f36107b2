/*
 * file.h - whole files: read at once, and replaced atomically, so that nobody reads a
 * half.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * Reads all of `path` into a heap buffer with a NUL after it (not counted in
 * *length, which may be NULL). Works for /proc files too. 0 or -errno.
 */
MUST_CHECK int file_read(const char *path, char **data, size_t *length,
                         struct error *error);

/*
 * The one writer of outputs. A regular file is replaced atomically: temporary file beside
 * it, fsync, rename, fsync of the folder; after a crash the old or the new content is
 * there, never a mixture. It keeps its mode; a new one has that of the umask. Symbolic
 * links are followed to what they name. What is no regular file (a device, a pipe) is
 * written to, and never replaced; so is whatever an open descriptor leads to (/dev/fd/3,
 * /dev/stdout), from where it stands. 0 or -errno.
 */
MUST_CHECK int file_write_atomic(const char *path, const char *data, size_t length,
                                 struct error *error);

/* Whether file_write_atomic could write there, as far as that shows without doing it. To
 * be asked before what is to be written has cost anything. 0 or -errno. */
MUST_CHECK int file_can_write(const char *path, struct error *error);

/* Whether file_write_atomic would make or replace a regular file there, so that there can
 * be others beside it. */
bool file_is_regular_or_new(const char *path);

/* Makes the folder and its parents where missing. 0 or -errno. */
MUST_CHECK int file_make_folders(const char *path, struct error *error);

/* Removes a folder with all that is in it, as far as that can be done. */
void file_remove_folder(const char *path);

#endif
