/* origin.c - see origin.h. */
#include "record/origin.h"

#include <stdlib.h>
#include <string.h>

#include "record/record.h"

static const struct record_field fields[] = {
    {MEMBER_TEXT("commit", origin, commit)},
    {MEMBER_TEXT("binary_sha256", origin, binary_sha256)},
    {MEMBER_TEXT("libraries", origin, libraries)},
    {MEMBER_TEXT("cpu", origin, cpu)},
    {MEMBER_TEXT("cpus", origin, cpus)},
    {MEMBER_TEXT("kernel", origin, kernel)},
    {0},
};
const struct record_type origin_type = RECORD_TYPE(origin, fields);

static char *copy_or_null(const char *text)
{
    return text ? memory_copy_string(text) : NULL;
}

void origin_init(struct origin *origin, const struct environment *environment)
{
    struct text libraries = {0};
    const struct named_texts *known = &environment->tool.libraries;
    for (size_t i = 0; i < known->count; i++)
        text_printf(&libraries, "%s%s %s", i ? ", " : "", known->items[i].name,
                    known->items[i].text ? known->items[i].text : "unknown");
    *origin = (struct origin){
        .commit = copy_or_null(environment->tool.commit),
        .binary_sha256 = copy_or_null(environment->tool.binary_sha256),
        .libraries = memory_copy_string(text_string(&libraries)),
        .cpu = copy_or_null(environment->cpu.model),
        .cpus = copy_or_null(environment->cpu.allowed),
        .kernel = copy_or_null(environment->kernel.release),
    };
    text_release(&libraries);
}

void origin_release(struct origin *origin)
{
    record_release(&origin_type, origin);
}

struct origin *origin_copy(const struct origin *origin)
{
    struct origin *copy = memory_allocate(sizeof *copy);
    record_copy(&origin_type, copy, origin);
    return copy;
}

/* ---- comparing -------------------------------------------------------------------- */

#define HASH_SHOWN 12 /* digits, as many as of a commit */

char *origin_build(const struct origin *origin)
{
    if (!origin)
        return memory_copy_string("a build that is not recorded");
    return memory_printf("%s (binary %.*s)",
                         origin->commit ? origin->commit : "no commit", HASH_SHOWN,
                         origin->binary_sha256 ? origin->binary_sha256 : "not known");
}

/* What must be the same for two trials to be of one origin. The commit tells nothing that
 * the binary does not. What weighs more stands further down. */
static const struct {
    const char *name;
    size_t offset;
    enum flag flag;
} parts[] = {
    {"build", offsetof(struct origin, binary_sha256), FLAG_OTHER_BUILD},
    {"libraries", offsetof(struct origin, libraries), FLAG_OTHER_BUILD},
    {"CPU", offsetof(struct origin, cpu), FLAG_OTHER_MACHINE},
    {"usable CPUs", offsetof(struct origin, cpus), FLAG_OTHER_MACHINE},
    {"kernel", offsetof(struct origin, kernel), FLAG_OTHER_MACHINE},
};

static const char *part_of(const struct origin *origin, size_t part)
{
    return *(char *const *)(const void *)((const char *)origin + parts[part].offset);
}

static void tell_build(const struct origin *begun, const struct origin *other,
                       struct text *how)
{
    char *before = origin_build(begun), *now = origin_build(other);
    text_printf(how, "build %s instead of %s", now, before);
    free(before);
    free(now);
}

enum flag origin_compare(const struct origin *begun, const struct origin *other,
                         struct text *how)
{
    if (!begun || !other) {
        if (begun != other)
            tell_build(begun, other, how);
        return begun == other ? FLAGS : FLAG_OTHER_BUILD;
    }
    enum flag found = FLAGS;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *before = part_of(begun, i), *now = part_of(other, i);
        if (text_same(before, now))
            continue;
        text_append_string(how, how->length ? "; " : "");
        if (parts[i].offset == offsetof(struct origin, binary_sha256))
            tell_build(begun, other, how);
        else
            text_printf(how, "%s %s instead of %s", parts[i].name, now ? now : "unknown",
                        before ? before : "unknown");
        found = parts[i].flag;
    }
    return found;
}
