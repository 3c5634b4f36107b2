/* json_folder.c - see json_folder.h. */
#include "base/json_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "base/text.h"

static const char ending[] = ".json";

bool json_folder_is_listed(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

bool json_folder_is_json(const char *name)
{
    size_t length = strlen(name), tail = strlen(ending);
    return length >= tail && strcmp(name + length - tail, ending) == 0;
}

int json_folder_list(const char *folder, const char *const *others, char ***names,
                     size_t *count, struct error *error)
{
    DIR *listing = opendir(folder);
    if (!listing)
        return error_set(error, -errno, "%s: cannot read the folder: %s", folder,
                         strerror(errno));
    *names = memory_allocate_zeroed(1, sizeof **names);
    *count = 0;
    struct dirent *entry;
    while ((entry = readdir(listing))) {
        const char *name = entry->d_name;
        if (name[0] == '.' || !json_folder_is_json(name) ||
            json_folder_is_listed(name, others))
            continue;
        *names = memory_resize(*names, (*count + 2) * sizeof **names);
        (*names)[(*count)++] =
            memory_printf("%.*s", (int)(strlen(name) - strlen(ending)), name);
        (*names)[*count] = NULL;
    }
    closedir(listing);
    qsort(*names, *count, sizeof **names, compare_strings);
    return 0;
}
