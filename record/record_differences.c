/* record_differences.c - what two records do not have in common; see record.h. */
#include <stdlib.h>
#include <string.h>

#include "record/record.h"

static void compare(const struct record_type *type, const void *before, const void *now,
                    const char *path, struct words *lines);

static void compare_member(const struct record_field *field, const void *before,
                           const void *now, const char *path, struct words *lines)
{
    char *name = memory_printf("%s%s%s", path, *path ? "." : "", field->key);
    if (field->kind == RECORD_STRUCT && !field->type->hooks) {
        compare(field->type, record_member_of(field, before),
                record_member_of(field, now), name, lines);
    } else {
        char *old = record_member_text(field, before);
        char *new = record_member_text(field, now);
        char *line = memory_printf("%s: %s before, %s now", name, old, new);
        if (strcmp(old, new) != 0)
            words_add(lines, line);
        free(line);
        free(new);
        free(old);
    }
    free(name);
}

static void compare(const struct record_type *type, const void *before, const void *now,
                    const char *path, struct words *lines)
{
    for (const struct record_field *field = type->fields; field->key; field++)
        if (field->rule != RECORD_NONE)
            compare_member(field, before, now, path, lines);
}

void record_differences(const struct record_type *type, const void *before,
                        const void *now, struct words *lines)
{
    compare(type, before, now, "", lines);
}
