/* child_file.c - see child_file.h. */
#include "harness/trial/child_file.h"

#include <stdlib.h>
#include <unistd.h>

void *child_file_take(const struct record_type *type, const char *folder,
                      const char *name, struct error *error)
{
    char *path = memory_printf("%s/%s", folder, name);
    void *record = memory_allocate(type->size);
    if (record_read_file(type, record, path, error) < 0) {
        free(record);
        record = NULL;
    }
    unlink(path);
    free(path);
    return record;
}
