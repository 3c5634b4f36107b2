/*
 * data_folder.h - a private folder for the files that ops make, removed at the end.
 */
#ifndef SERVERS_DATA_FOLDER_H
#define SERVERS_DATA_FOLDER_H

#include "base/error.h"

/* Makes one in $TMPDIR or /tmp; the path, on the heap, or NULL. */
char *data_folder_make(struct error *error);

/* Removes it and the files in it. Threads may still be at work in them. */
void data_folder_remove(const char *path);

/* Makes the folder where it is not there. 0 where files can be made in it; -errno and a
 * message otherwise. */
MUST_CHECK int data_folder_check(const char *path, struct error *error);

#endif
