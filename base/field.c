/* field.c - see field.h. */
#include "base/field.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "base/text.h"

#define MAX_ROWS 64

char *field_key(const struct field *field)
{
    char *key = memory_copy_string(field->key ? field->key : field->name);
    for (char *dash = key; !field->key && (dash = strchr(dash, '-')); dash++)
        *dash = '_';
    return key;
}

static bool is_structure(const struct field *field)
{
    return field->kind == FIELD_OBJECT || field->kind == FIELD_ROWS;
}

/* Bytes of the member at a field's offset. */
static size_t member_bytes(const struct field *field)
{
    static const size_t bytes[] = {
        [FIELD_FLAG] = sizeof(bool),
        [FIELD_COUNT] = sizeof(uint64_t),
        [FIELD_TIME] = sizeof(uint64_t),
        [FIELD_SIZE] = sizeof(uint64_t),
        [FIELD_RATE] = sizeof(double),
        [FIELD_NUMBER] = sizeof(double),
        [FIELD_TEXT] = sizeof(char *),
        [FIELD_CHOICE] = sizeof(int),
        [FIELD_SET] = sizeof(unsigned),
        [FIELD_LIST] = sizeof(struct words),
        [FIELD_ARRAY] = sizeof(void *),
        [FIELD_NOTE] = 0,
        [FIELD_SETTINGS] = sizeof(struct setting_list),
    };
    return is_structure(field) ? field->bytes : bytes[field->kind];
}

static size_t *count_of(const struct field *field, void *structure)
{
    return (size_t *)(void *)((char *)structure + field->count_offset);
}

/* ---- from text --------------------------------------------------------------------- */

int choice_set(const char *const *choices, const char *text, int *choice,
               struct error *error)
{
    for (int i = 0; choices[i]; i++) {
        if (strcmp(choices[i], text) == 0) {
            *choice = i;
            return 0;
        }
    }
    struct text allowed = {0};
    text_append_list(&allowed, choices);
    const char *near = text_nearest(text, choices);
    int result = error_set(error, -EINVAL, "expected one of %s, got \"%s\"%s%s%s",
                           text_string(&allowed), text, near ? " (did you mean \"" : "",
                           near ? near : "", near ? "\"?)" : "");
    text_release(&allowed);
    return result;
}

static int set_quantity(const struct field *field, uint64_t *value, const char *text,
                        struct error *error)
{
    static const enum quantity_unit units[] = {[FIELD_COUNT] = QUANTITY_COUNT,
                                               [FIELD_TIME] = QUANTITY_TIME,
                                               [FIELD_SIZE] = QUANTITY_SIZE};
    if (field->zero_word && strcmp(text, field->zero_word) == 0) {
        *value = 0;
        return 0;
    }
    int result = quantity_parse(
        units[field->kind], text, (uint64_t)field->minimum,
        field_has_range(field) ? (uint64_t)field->maximum : 1ULL << 53, value, error);
    if (result < 0 && field->zero_word && error) {
        struct error detail = *error;
        return error_set(error, result, "expected \"%s\" or %s", field->zero_word,
                         detail.text + strlen("expected "));
    }
    return result;
}

static int set_number(const struct field *field, double *number, const char *text,
                      struct error *error)
{
    char *end;
    *number = strtod(text, &end);
    if (end != text && !*end && *number >= field->minimum && *number <= field->maximum)
        return 0;
    return error_set(error, -EINVAL, "expected a number from %.12g to %.12g, got \"%s\"",
                     field->minimum, field->maximum, text);
}

int field_set(const struct field *field, void *structure, const char *text,
              struct error *error)
{
    void *member = field_member(field, structure);
    if (field->set)
        return field->set(field, structure, text, error);
    switch (field->kind) {
    case FIELD_FLAG:
        *(bool *)member = strcmp(text, "no") != 0;
        return 0;
    case FIELD_COUNT:
    case FIELD_TIME:
    case FIELD_SIZE:
        return set_quantity(field, member, text, error);
    case FIELD_RATE:
        return quantity_parse_rate(text, member, error);
    case FIELD_NUMBER:
        return set_number(field, member, text, error);
    case FIELD_TEXT:
        free(*(char **)member);
        *(char **)member = memory_copy_string(text);
        return 0;
    case FIELD_CHOICE:
        return choice_set(field->choices, text, member, error);
    case FIELD_LIST:
        words_add(member, text);
        return 0;
    case FIELD_SET:
    case FIELD_SETTINGS:
    case FIELD_OBJECT:
    case FIELD_ARRAY:
    case FIELD_ROWS:
    case FIELD_NOTE:
        break;
    }
    abort(); /* no form on a command line, and no `set` of its own */
}

static void set_default(const struct field *field, void *structure)
{
    struct error error;
    if (is_structure(field))
        fields_default(field->fields, field_member(field, structure));
    else
        memset(field_member(field, structure), 0, member_bytes(field));
    if (field->kind == FIELD_ARRAY)
        *count_of(field, structure) = 0;
    if (field->fallback && field_set(field, structure, field->fallback, &error) < 0) {
        fprintf(stderr, "interleave: the default of \"%s\" is bad: %s\n", field->name,
                error.text);
        abort();
    }
}

void fields_default(const struct field *fields, void *structure)
{
    for (const struct field *f = fields; f && f->name; f++) {
        if (f - fields >= MAX_ROWS)
            abort(); /* the table is too long */
        set_default(f, structure);
    }
}

/* ---- copies ------------------------------------------------------------------------ */

static char *copy_or_null(const char *string)
{
    return string ? memory_copy_string(string) : NULL;
}

/* A heap copy of `count` elements, never NULL. */
static void *copy_elements(const void *elements, size_t count, size_t bytes)
{
    void *copy = memory_allocate_zeroed(count + 1, bytes);
    if (count)
        memcpy(copy, elements, count * bytes);
    return copy;
}

static void own_words(struct words *words)
{
    words->items = copy_elements(words->items, words->count, sizeof *words->items);
    for (size_t i = 0; i < words->count; i++)
        words->items[i] = copy_or_null(words->items[i]);
}

static void own_settings(struct setting_list *list)
{
    list->items = copy_elements(list->items, list->count, sizeof *list->items);
    for (size_t i = 0; i < list->count; i++)
        list->items[i] = (struct setting){copy_or_null(list->items[i].name),
                                          copy_or_null(list->items[i].value)};
}

static void own_array(const struct field *field, void *structure)
{
    void **elements = field_member(field, structure);
    size_t count = *count_of(field, structure);
    *elements = copy_elements(*elements, count, field->bytes);
    for (size_t i = 0; i < count; i++)
        fields_own(field->fields, (char *)*elements + i * field->bytes);
}

static void own_member(const struct field *field, void *structure)
{
    void *member = field_member(field, structure);
    if (field->kind == FIELD_TEXT)
        *(char **)member = copy_or_null(*(char **)member);
    else if (field->kind == FIELD_LIST)
        own_words(member);
    else if (field->kind == FIELD_SETTINGS)
        own_settings(member);
    else if (is_structure(field))
        fields_own(field->fields, member);
    else if (field->kind == FIELD_ARRAY)
        own_array(field, structure);
}

void fields_own(const struct field *fields, void *structure)
{
    for (const struct field *f = fields; f && f->name; f++)
        own_member(f, structure);
}

static void release_array(const struct field *field, void *structure)
{
    void **elements = field_member(field, structure);
    size_t *count = count_of(field, structure);
    for (size_t i = 0; i < *count; i++)
        fields_release(field->fields, (char *)*elements + i * field->bytes);
    free(*elements);
    *elements = NULL;
    *count = 0;
}

static void release_member(const struct field *field, void *structure)
{
    void *member = field_member(field, structure);
    if (field->kind == FIELD_TEXT) {
        free(*(char **)member);
        *(char **)member = NULL;
    } else if (field->kind == FIELD_LIST) {
        words_release(member);
    } else if (field->kind == FIELD_SETTINGS) {
        setting_list_release(member);
    } else if (is_structure(field)) {
        fields_release(field->fields, member);
    } else if (field->kind == FIELD_ARRAY) {
        release_array(field, structure);
    }
}

void fields_release(const struct field *fields, void *structure)
{
    for (const struct field *f = fields; f && f->name; f++)
        release_member(f, structure);
}

/* ---- what was given ---------------------------------------------------------------- */

uint64_t field_bit(const struct field *fields, const struct field *field)
{
    return UINT64_C(1) << (field - fields);
}

bool field_is_given(const struct field *fields, uint64_t given, size_t offset)
{
    for (const struct field *f = fields; f->name; f++)
        if (f->offset == offset && given & field_bit(fields, f))
            return true;
    return false;
}

void fields_copy_given(const struct field *fields, void *to, const void *from,
                       uint64_t given)
{
    for (const struct field *f = fields; f->name; f++) {
        if (!(given & field_bit(fields, f)))
            continue;
        release_member(f, to);
        memcpy(field_member(f, to), field_const_member(f, from), member_bytes(f));
        if (f->kind == FIELD_ARRAY)
            memcpy(count_of(f, to), (const char *)from + f->count_offset, sizeof(size_t));
        own_member(f, to);
    }
}

/* ---- contents ---------------------------------------------------------------------- */

/* An object is there where the members that it needs are. */
static bool object_is_empty(const struct field *fields, const void *structure)
{
    for (const struct field *f = fields; f->name; f++)
        if (f->required && field_is_empty(f, structure))
            return true;
    return false;
}

bool field_is_empty(const struct field *field, const void *structure)
{
    const void *member = field_const_member(field, structure);
    switch (field->kind) {
    case FIELD_TEXT:
        return !*(const char *const *)member || !**(const char *const *)member;
    case FIELD_COUNT:
        return field->required && *(const uint64_t *)member == 0;
    case FIELD_RATE:
        return !(*(const double *)member > 0);
    case FIELD_LIST:
        return ((const struct words *)member)->count == 0;
    case FIELD_ARRAY:
        return *(const size_t *)(const void *)((const char *)structure +
                                               field->count_offset) == 0;
    case FIELD_OBJECT:
        return object_is_empty(field->fields, member);
    case FIELD_NOTE:
        return true;
    default:
        return false;
    }
}

void setting_list_add(struct setting_list *list, const char *name, const char *value)
{
    list->items = memory_resize(list->items, (list->count + 1) * sizeof *list->items);
    list->items[list->count++] =
        (struct setting){memory_copy_string(name), copy_or_null(value)};
}

void setting_list_release(struct setting_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].name);
        free(list->items[i].value);
    }
    free(list->items);
    *list = (struct setting_list){0};
}
