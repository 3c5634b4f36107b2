/*
 * json_folder.h - a folder of JSON files: the names by which users know them.
 */
#ifndef BASE_JSON_FOLDER_H
#define BASE_JSON_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * The names, without ".json", of the files in a folder: sorted, NULL-terminated, to be
 * freed with text_list_free. Those in `others` (with ".json") are left out.
 */
MUST_CHECK int json_folder_list(const char *folder, const char *const *others,
                                char ***names, size_t *count, struct error *error);

/* Whether the word is one of a NULL-terminated list. */
bool json_folder_is_listed(const char *word, const char *const *list);

/* Whether it ends in ".json". */
bool json_folder_is_json(const char *name);

#endif
