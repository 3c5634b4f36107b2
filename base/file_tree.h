/* file_tree.h - the files below a folder. */
#ifndef BASE_FILE_TREE_H
#define BASE_FILE_TREE_H

#include <stdbool.h>

#include "base/error.h"

/*
 * The names, counted from the folder, of the regular files below it that are `wanted`
 * (NULL: all), in the order of their bytes: a list that ends with NULL, to be freed with
 * text_list_free, on failure too. The path may be a link to the folder; links below it
 * are not followed. 0 or -errno.
 */
MUST_CHECK int file_tree_list(const char *path, bool (*wanted)(const char *name),
                              char ***names, struct error *error);

#endif
