/* record_merge.c - several records become one, by the rules of their table. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"

/* What is being merged, all along the way down. */
struct merging {
    struct text path; /* of the record at hand: "generator.", "series[]." */
    struct text *dropped;
    struct error *error;
};

static int merge_records(struct merging *merging, const struct record_type *type,
                         void *sum, const struct record_part *parts, size_t count);

/* ---- what cannot be merged -------------------------------------------------------- */

/* "path is 1 in a.json and 2 in b.json", of two parts that differ. */
static char *difference(const struct merging *merging, const struct record_field *field,
                        const struct record_part *a, const struct record_part *b,
                        const char *a_value, const char *b_value)
{
    return memory_printf("%s%s is %s in %s and %s in %s", text_string(&merging->path),
                         field->key, a_value, a->name, b_value, b->name);
}

/* A sentence once, though every element of a list may have it. */
static void drop(struct merging *merging, const char *sentence)
{
    const char *all = text_string(merging->dropped), *at = all;
    while ((at = strstr(at, sentence)) != NULL) {
        if (at == all || at[-1] == ' ')
            return;
        at++;
    }
    text_printf(merging->dropped, "%s%s", *all ? "; " : "", sentence);
}

/* ---- by value --------------------------------------------------------------------- */

static int refuse(struct merging *merging, const struct record_field *field,
                  const char *sentence)
{
    return error_set(merging->error, -EINVAL, "%s%s%s", sentence, field->why ? ": " : "",
                     field->why ? field->why : "");
}

static int merge_same(struct merging *merging, const struct record_field *field,
                      void *sum, const struct record_part *parts, size_t count)
{
    char *first = record_member_text(field, parts[0].record), *sentence = NULL;
    for (size_t i = 1; i < count && !sentence; i++) {
        char *other = record_member_text(field, parts[i].record);
        if (strcmp(first, other) != 0)
            sentence = difference(merging, field, &parts[0], &parts[i], first, other);
        free(other);
    }
    int code = 0;
    if (!sentence)
        record_copy_member(field, sum, parts[0].record);
    else if (field->rule == RECORD_EQUAL || record_never_null(field))
        code = refuse(merging, field, sentence);
    else
        drop(merging, sentence);
    free(sentence);
    free(first);
    return code;
}

static double number_of(const struct record_field *field, const void *record)
{
    const void *member = record_member_of(field, record);
    return field->kind == RECORD_NUMBER ? *(const double *)member
                                        : (double)*(const uint64_t *)member;
}

static void merge_numbers(struct merging *merging, const struct record_field *field,
                          void *sum, const struct record_part *parts, size_t count)
{
    double all = number_of(field, parts[0].record);
    bool any = !isnan(all);
    const char *without = any ? NULL : parts[0].name;
    for (size_t i = 1; i < count; i++) {
        double one = number_of(field, parts[i].record);
        any = any || !isnan(one);
        without = isnan(one) ? parts[i].name : without;
        all = field->rule == RECORD_SUM       ? all + one
              : field->rule == RECORD_MAXIMUM ? fmax(all, one)
                                              : fmin(all, one);
    }
    if (field->kind == RECORD_NUMBER)
        *(double *)record_member(field, sum) = all;
    else
        *(uint64_t *)record_member(field, sum) = (uint64_t)all;
    if (!any || !isnan(all))
        return;
    char *sentence = memory_printf("%s%s is null in %s", text_string(&merging->path),
                                   field->key, without);
    drop(merging, sentence);
    free(sentence);
}

static void merge_tallies(const struct record_field *field, void *sum,
                          const struct record_part *parts, size_t count)
{
    uint64_t *tally = record_member(field, sum);
    for (size_t i = 0; i < count; i++) {
        const uint64_t *part = record_member_of(field, parts[i].record);
        for (size_t word = 0; record_word(field, word); word++)
            tally[word] += part[word];
    }
}

static void merge_bools(const struct record_field *field, void *sum,
                        const struct record_part *parts, size_t count)
{
    bool all = true, any = false;
    for (size_t i = 0; i < count; i++) {
        bool one = *(const bool *)record_member_of(field, parts[i].record);
        all = all && one;
        any = any || one;
    }
    *(bool *)record_member(field, sum) = field->rule == RECORD_ALL ? all : any;
}

static void merge_none(struct merging *merging, const struct record_field *field,
                       const struct record_part *parts, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        cJSON *json = record_member_to_json(field, parts[i].record);
        any = any || json;
        cJSON_Delete(json);
    }
    char *sentence =
        memory_printf("%s%s: %s", text_string(&merging->path), field->key, field->why);
    if (any)
        drop(merging, sentence);
    free(sentence);
}

/* ---- nested records --------------------------------------------------------------- */

/* Merges records that stand below the member. */
static int merge_below(struct merging *merging, const struct record_field *field,
                       const char *step, void *sum, const struct record_part *parts,
                       size_t count)
{
    size_t length = merging->path.length;
    text_printf(&merging->path, "%s%s", field->key, step);
    int code = merge_records(merging, field->type, sum, parts, count);
    merging->path.length = length;
    merging->path.data[length] = '\0';
    return code;
}

static int merge_structs(struct merging *merging, const struct record_field *field,
                         void *sum, const struct record_part *parts, size_t count)
{
    struct record_part *below = memory_allocate(count * sizeof *below);
    size_t some = 0;
    for (size_t i = 0; i < count; i++) {
        const void *member = record_member_of(field, parts[i].record);
        if (field->kind == RECORD_POINTER)
            member = *(const void *const *)member;
        if (member)
            below[some++] = (struct record_part){parts[i].name, member};
    }
    int code = 0;
    void *member = record_member(field, sum), *target = member;
    if (some && field->kind == RECORD_POINTER)
        target = *(void **)member = memory_allocate_zeroed(1, field->type->size);
    if (some)
        code = merge_below(merging, field, ".", target, below, some);
    free(below);
    return code;
}

/* The element of a part's list that goes with `index`, or with `name`; NULL: none. */
static const void *find_element(const struct record_field *field, const void *record,
                                size_t index, const char *name)
{
    const char *items = *(char *const *)record_member_of(field, record);
    size_t count = record_count_of(field, record), size = field->type->size;
    if (!name)
        return index < count ? items + index * size : NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(*(char *const *)(const void *)(items + i * size), name) == 0)
            return items + i * size;
    return NULL;
}

/* Adds the element that those at `index` or with `name` make. */
static int merge_elements(struct merging *merging, const struct record_field *field,
                          void *sum, const struct record_part *parts, size_t count,
                          size_t index, const char *name)
{
    struct record_part *below = memory_allocate(count * sizeof *below);
    size_t some = 0;
    for (size_t i = 0; i < count; i++) {
        const void *element = find_element(field, parts[i].record, index, name);
        if (element)
            below[some++] = (struct record_part){parts[i].name, element};
    }
    char *element = record_append(record_member(field, sum), record_count(field, sum),
                                  field->type->size);
    char *step = field->kind == RECORD_MAP ? memory_printf(".%s.", name)
                                           : memory_copy_string("[].");
    int code = merge_below(merging, field, step, element, below, some);
    if (code == 0 && field->kind == RECORD_MAP)
        *(char **)(void *)element = memory_copy_string(name);
    free(step);
    free(below);
    return code;
}

/* All elements of a part that the sum does not have yet. */
static int merge_list(struct merging *merging, const struct record_field *field,
                      void *sum, const struct record_part *parts, size_t count)
{
    int code = 0;
    for (size_t p = 0; p < count; p++) {
        const char *items = *(char *const *)record_member_of(field, parts[p].record);
        char **merged = record_member(field, sum);
        if (!items)
            continue;
        if (!*merged)
            *merged = memory_allocate_zeroed(1, field->type->size);
        for (size_t i = 0; i < record_count_of(field, parts[p].record); i++) {
            const char *name =
                field->rule == RECORD_BY_NAME
                    ? *(char *const *)(const void *)(items + i * field->type->size)
                    : NULL;
            if (find_element(field, sum, i, name))
                continue;
            code = merge_elements(merging, field, sum, parts, count, i, name);
            if (code < 0)
                return code;
        }
    }
    return code;
}

/* ---- the whole -------------------------------------------------------------------- */

static int merge_member(struct merging *merging, const struct record_field *field,
                        void *sum, const struct record_part *parts, size_t count)
{
    switch (field->rule) {
    case RECORD_SAME:
    case RECORD_EQUAL:
        return merge_same(merging, field, sum, parts, count);
    case RECORD_SUM:
        if (field->type)
            return merge_structs(merging, field, sum, parts, count);
        if (field->kind == RECORD_TALLY)
            merge_tallies(field, sum, parts, count);
        else
            merge_numbers(merging, field, sum, parts, count);
        return 0;
    case RECORD_MAXIMUM:
    case RECORD_MINIMUM:
        merge_numbers(merging, field, sum, parts, count);
        return 0;
    case RECORD_ALL:
    case RECORD_ANY:
        merge_bools(field, sum, parts, count);
        return 0;
    case RECORD_BY_INDEX:
    case RECORD_BY_NAME:
        return merge_list(merging, field, sum, parts, count);
    case RECORD_NONE:
        merge_none(merging, field, parts, count);
        return 0;
    case RECORD_LATER:
        return 0;
    }
    return -EINVAL;
}

/* On failure nothing is left to release. */
static int merge_records(struct merging *merging, const struct record_type *type,
                         void *sum, const struct record_part *parts, size_t count)
{
    int code = 0;
    record_init(type, sum);
    if (type->hooks && type->hooks->merge) {
        char *path = memory_printf("%.*s", (int)merging->path.length - 1,
                                   text_string(&merging->path));
        code = type->hooks->merge(sum, parts, count, path, merging->error);
        free(path);
    } else {
        for (const struct record_field *field = type->fields; code == 0 && field->key;
             field++)
            code = merge_member(merging, field, sum, parts, count);
    }
    if (code < 0)
        record_release(type, sum);
    return code;
}

int record_merge(const struct record_type *type, void *sum,
                 const struct record_part *parts, size_t count, struct text *dropped,
                 struct error *error)
{
    struct merging merging = {.dropped = dropped, .error = error};
    text_append_string(&merging.path, "");
    int code = merge_records(&merging, type, sum, parts, count);
    text_release(&merging.path);
    return code;
}
