/* file_tree.c - see file_tree.h. */
#include "base/file_tree.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "base/text.h"

int file_tree_list(const char *path, bool (*wanted)(const char *name), char ***names,
                   struct error *error)
{
    char *const roots[] = {memory_copy_string(path), NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    int result = walk ? 0
                      : error_set(error, -errno, "%s: cannot list the folder: %s", path,
                                  strerror(errno));
    const FTSENT *entry;
    size_t count = 0;
    *names = memory_allocate_zeroed(1, sizeof **names);
    while (result == 0 && (entry = fts_read(walk))) {
        const char *name = entry->fts_path + strlen(path);
        name += strspn(name, "/");
        if (entry->fts_errno)
            result = error_set(error, -entry->fts_errno, "%s: cannot list: %s",
                               entry->fts_path, strerror(entry->fts_errno));
        if (entry->fts_info != FTS_F || (wanted && !wanted(name)))
            continue;
        *names = memory_resize(*names, (count + 2) * sizeof **names);
        (*names)[count++] = memory_copy_string(name);
        (*names)[count] = NULL;
    }
    if (walk)
        fts_close(walk);
    free(roots[0]);
    qsort(*names, count, sizeof **names, compare_strings);
    return result;
}
