/* record.c - see record.h. */
#include "record/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void record_init(const struct record_type *type, void *record)
{
    memset(record, 0, type->size);
    for (const struct record_field *field = type->fields; field->key; field++) {
        void *member = record_member(field, record);
        if (field->kind == RECORD_NUMBER)
            *(double *)member = (double)NAN;
        else if (field->kind == RECORD_WORD || field->kind == RECORD_SWITCH)
            *(int *)member = -1;
        else if (field->kind == RECORD_STRUCT)
            record_init(field->type, member);
    }
}

static bool is_list(const struct record_field *field)
{
    return field->kind == RECORD_LIST || field->kind == RECORD_MAP;
}

static void release_list(const struct record_field *field, void *record)
{
    char *items = *(char **)record_member(field, record);
    size_t count = record_count_of(field, record);
    for (size_t i = 0; i < count; i++) {
        char *item = items + i * field->type->size;
        if (field->kind == RECORD_MAP)
            free(*(char **)(void *)item);
        record_release(field->type, item);
    }
    free(items);
}

void record_release(const struct record_type *type, void *record)
{
    for (const struct record_field *field = type->fields; field->key; field++) {
        void *member = record_member(field, record);
        switch (field->kind) {
        case RECORD_TEXT:
            free(*(char **)member);
            break;
        case RECORD_TEXTS:
            if (*(char ***)member)
                text_list_free(*(char ***)member);
            break;
        case RECORD_POINTER:
            if (*(void **)member)
                record_release(field->type, *(void **)member);
            free(*(void **)member);
            break;
        case RECORD_STRUCT:
            record_release(field->type, member);
            break;
        case RECORD_LIST:
        case RECORD_MAP:
            release_list(field, record);
            break;
        case RECORD_NUMBER:
        case RECORD_COUNT:
        case RECORD_BOOL:
        case RECORD_SWITCH:
        case RECORD_WORD:
        case RECORD_TALLY:
            break;
        }
    }
    if (type->hooks && type->hooks->release)
        type->hooks->release(record);
    memset(record, 0, type->size);
}

static char **copy_texts(char **from)
{
    size_t count = 0;
    while (from[count])
        count++;
    char **to = memory_allocate_zeroed(count + 1, sizeof *to);
    for (size_t i = 0; i < count; i++)
        to[i] = memory_copy_string(from[i]);
    return to;
}

static void *copy_list(const struct record_field *field, const void *record)
{
    const char *from = *(char *const *)record_member_of(field, record);
    size_t size = field->type->size, count = record_count_of(field, record);
    char *to = memory_allocate_zeroed(count + 1, size);
    for (size_t i = 0; i < count; i++) {
        record_copy(field->type, to + i * size, from + i * size);
        if (field->kind == RECORD_MAP) {
            char **name = (char **)(void *)(to + i * size);
            *name = memory_copy_string(*name);
        }
    }
    return to;
}

static void *copy_pointer(const struct record_type *type, const void *from)
{
    void *to = memory_allocate(type->size);
    record_copy(type, to, from);
    return to;
}

/* Gives a member that points somewhere memory of its own. */
static void own_member(const struct record_field *field, void *to, const void *from)
{
    void **member = record_member(field, to);
    if (field->kind == RECORD_STRUCT)
        record_copy(field->type, member, record_member_of(field, from));
    else if (field->kind == RECORD_TEXT && *member)
        *member = memory_copy_string(*member);
    else if (field->kind == RECORD_TEXTS && *member)
        *member = copy_texts(*member);
    else if (field->kind == RECORD_POINTER && *member)
        *member = copy_pointer(field->type, *member);
    else if (is_list(field) && *member)
        *member = copy_list(field, from);
}

void record_copy(const struct record_type *type, void *to, const void *from)
{
    memcpy(to, from, type->size);
    for (const struct record_field *field = type->fields; field->key; field++)
        own_member(field, to, from);
    if (type->hooks && type->hooks->copy)
        type->hooks->copy(to, from);
}

static size_t bytes_of(const struct record_field *field)
{
    switch (field->kind) {
    case RECORD_NUMBER:
        return sizeof(double);
    case RECORD_COUNT:
        return sizeof(uint64_t);
    case RECORD_BOOL:
        return sizeof(bool);
    case RECORD_SWITCH:
    case RECORD_WORD:
        return sizeof(int);
    case RECORD_STRUCT:
        return field->type->size;
    case RECORD_TALLY:
        break;
    case RECORD_TEXT:
    case RECORD_TEXTS:
    case RECORD_POINTER:
    case RECORD_LIST:
    case RECORD_MAP:
        return sizeof(void *);
    }
    size_t words = 0;
    while (record_word(field, words))
        words++;
    return words * sizeof(uint64_t);
}

void record_copy_member(const struct record_field *field, void *to, const void *from)
{
    memcpy(record_member(field, to), record_member_of(field, from), bytes_of(field));
    if (is_list(field))
        *record_count(field, to) = record_count_of(field, from);
    own_member(field, to, from);
}

void *record_append(void *list, size_t *count, size_t size)
{
    char **items = list;
    *items = memory_resize(*items, (*count + 1) * size);
    return memset(*items + (*count)++ * size, 0, size);
}
