/*
 * child_file.h - a file in which a child process has left a record.
 */
#ifndef HARNESS_CHILD_FILE_H
#define HARNESS_CHILD_FILE_H

#include "record/record.h"

/*
 * Reads it and removes it, since its content goes into the record of the trial. On the
 * heap; NULL where it cannot be read.
 */
void *child_file_take(const struct record_type *type, const char *folder,
                      const char *name, struct error *error);

#endif
