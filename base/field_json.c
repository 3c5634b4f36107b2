/* field_json.c - see field_json.h. */
#include "base/field_json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/quantity.h"
#include "base/text.h"

#define LARGEST_EXACT 9007199254740992.0 /* 2^53: cJSON keeps numbers as doubles */

static enum quantity_unit unit_of(const struct field *field)
{
    return field->kind == FIELD_TIME ? QUANTITY_TIME : QUANTITY_SIZE;
}

/* ---- reading ----------------------------------------------------------------------- */

static bool is_zero_word(const struct field *field, const cJSON *node)
{
    return field->zero_word && cJSON_IsString(node) &&
           strcmp(node->valuestring, field->zero_word) == 0;
}

static int expected(struct json_document *document, const cJSON *node,
                    const struct field *field, const char *what, struct error *error)
{
    char allowed[160];
    snprintf(allowed, sizeof allowed, "%s%s%s%s", field->zero_word ? "\"" : "",
             field->zero_word ? field->zero_word : "", field->zero_word ? "\" or " : "",
             what);
    return json_expected(document, node, allowed, error);
}

static int read_number(struct json_document *document, const cJSON *node,
                       const struct field *field, double *number, struct error *error)
{
    bool whole = field->kind == FIELD_COUNT;
    const char *kind = whole ? "a whole number" : "a number";
    char what[128];
    snprintf(what, sizeof what, "%s", kind);
    bool good = cJSON_IsNumber(node);
    if (field_has_range(field)) {
        snprintf(what, sizeof what, "%s from %.12g to %.12g", kind, field->minimum,
                 field->maximum);
        good = good && node->valuedouble >= field->minimum &&
               node->valuedouble <= field->maximum;
    }
    if (good && whole)
        good = node->valuedouble == floor(node->valuedouble) && node->valuedouble >= 0 &&
               node->valuedouble <= LARGEST_EXACT;
    if (!good)
        return expected(document, node, field, what, error);
    *number = node->valuedouble;
    return 0;
}

static int read_count(struct json_document *document, const cJSON *node,
                      const struct field *field, uint64_t *count, struct error *error)
{
    double number = 0;
    int result = is_zero_word(field, node)
                     ? 0
                     : read_number(document, node, field, &number, error);
    if (result == 0)
        *count = (uint64_t)number;
    return result;
}

/* Where text gives the value: the message of field_set, and the place. */
static int read_text_form(struct json_document *document, const cJSON *node,
                          const struct field *field, void *structure, const char *text,
                          struct error *error)
{
    struct error detail;
    if (field_set(field, structure, text, &detail) < 0)
        return json_error(document, node, error, "%s", detail.text);
    return 0;
}

static int read_quantity(struct json_document *document, const cJSON *node,
                         const struct field *field, void *structure, struct error *error)
{
    char number[32];
    if (cJSON_IsString(node))
        return read_text_form(document, node, field, structure, node->valuestring, error);
    if (!cJSON_IsNumber(node) || field->kind == FIELD_TIME)
        return expected(document, node, field, quantity_describe(unit_of(field)), error);
    snprintf(number, sizeof number, "%.0f", node->valuedouble);
    return read_text_form(document, node, field, structure, number, error);
}

static int read_rate(struct json_document *document, const cJSON *node,
                     const struct field *field, void *structure, struct error *error)
{
    if (cJSON_IsString(node))
        return read_text_form(document, node, field, structure, node->valuestring, error);
    if (!cJSON_IsNumber(node) || !(node->valuedouble > 0))
        return json_expected(document, node,
                             "a rate above 0 such as 250, \"2k/s\" or \"30/m\"", error);
    *(double *)field_member(field, structure) = node->valuedouble;
    return 0;
}

static int read_choice(struct json_document *document, const cJSON *node,
                       const char *const *choices, int *choice, struct error *error)
{
    char given[JSON_DESCRIBE_BYTES];
    struct error detail;
    if (cJSON_IsString(node)) {
        if (choice_set(choices, node->valuestring, choice, &detail) == 0)
            return 0;
        return json_error(document, node, error, "%s", detail.text);
    }
    struct text allowed = {0};
    text_append_list(&allowed, choices);
    int result =
        json_error(document, node, error, "expected one of %s, got %s",
                   text_string(&allowed), json_describe(node, given, sizeof given));
    text_release(&allowed);
    return result;
}

/* One of the texts of a list, or the value of a setting; *text is replaced. */
static int read_item(struct json_document *document, const cJSON *node,
                     const struct field *field, char **text, struct error *error)
{
    static const char *const expectations[] = {
        [ITEM_WORD] = "a string that is not empty",
        [ITEM_TEXT] = "a string",
        [ITEM_VALUE] = "a number or a string",
    };
    int choice;
    if (field->choices) {
        int result = read_choice(document, node, field->choices, &choice, error);
        if (result < 0)
            return result;
    }
    bool number = field->items == ITEM_VALUE && cJSON_IsNumber(node);
    bool string =
        cJSON_IsString(node) && (field->items == ITEM_TEXT || *node->valuestring);
    if (!number && !string)
        return json_expected(document, node, expectations[field->items], error);
    free(*text);
    *text = number ? memory_printf("%.12g", node->valuedouble)
                   : memory_copy_string(node->valuestring);
    return 0;
}

/* Whether the node is an array of a length that the row allows. */
static int check_array(struct json_document *document, const cJSON *node,
                       const struct field *field, struct error *error)
{
    if (!cJSON_IsArray(node))
        return json_expected(document, node, "an array", error);
    int length = cJSON_GetArraySize(node);
    if (field_has_range(field) && (length < field->minimum || length > field->maximum))
        return json_error(document, node, error,
                          "expected an array of %.0f to %.0f elements, got %d",
                          field->minimum, field->maximum, length);
    return 0;
}

static int read_list(struct json_document *document, const cJSON *node,
                     const struct field *field, struct words *words, struct error *error)
{
    int result = check_array(document, node, field, error);
    words_release(words);
    for (const cJSON *c = node->child; c && result == 0; c = c->next) {
        words_add(words, "");
        result = read_item(document, c, field, &words->items[words->count - 1], error);
    }
    return result;
}

static int read_set(struct json_document *document, const cJSON *node,
                    const struct field *field, unsigned *bits, struct error *error)
{
    int result = check_array(document, node, field, error);
    *bits = 0;
    for (const cJSON *c = node->child; c && result == 0; c = c->next) {
        int choice = 0;
        result = read_choice(document, c, field->choices, &choice, error);
        *bits |= 1U << choice;
    }
    return result;
}

static int read_settings(struct json_document *document, const cJSON *node,
                         const struct field *field, struct setting_list *settings,
                         struct error *error)
{
    if (!cJSON_IsObject(node))
        return json_expected(document, node, "an object", error);
    setting_list_release(settings);
    int result = 0;
    for (const cJSON *c = node->child; c && result == 0; c = c->next) {
        setting_list_add(settings, c->string, NULL);
        result = read_item(document, c, field,
                           &settings->items[settings->count - 1].value, error);
    }
    return result;
}

static int read_object(struct json_document *document, const cJSON *node,
                       const struct field *field, void *structure, struct error *error)
{
    int result = fields_read(document, node, field->fields, structure, error);
    return result == 0 && field->check ? field->check(document, node, structure, error)
                                       : result;
}

/* A half-read element is counted too, so that it is released. */
static int read_array(struct json_document *document, const cJSON *node,
                      const struct field *field, void *structure, struct error *error)
{
    const struct field row[] = {*field, {0}};
    int result = check_array(document, node, field, error);
    if (result < 0)
        return result;
    fields_release(row, structure);
    char *elements =
        memory_allocate_zeroed((size_t)cJSON_GetArraySize(node) + 1, field->bytes);
    size_t *count = (size_t *)(void *)((char *)structure + field->count_offset);
    *(void **)field_member(field, structure) = elements;
    *count = 0;
    for (const cJSON *c = node->child; c && result == 0; c = c->next) {
        char *element = elements + (*count)++ * field->bytes;
        fields_default(field->fields, element);
        result = read_object(document, c, field, element, error);
    }
    return result;
}

int field_read(struct json_document *document, const cJSON *node,
               const struct field *field, void *structure, struct error *error)
{
    void *member = field_member(field, structure);
    if (field->read)
        return field->read(document, node, field, structure, error);
    switch (field->kind) {
    case FIELD_FLAG:
        if (!cJSON_IsBool(node))
            return json_expected(document, node, "true or false", error);
        *(bool *)member = cJSON_IsTrue(node);
        return 0;
    case FIELD_COUNT:
        return read_count(document, node, field, member, error);
    case FIELD_TIME:
    case FIELD_SIZE:
        return read_quantity(document, node, field, structure, error);
    case FIELD_RATE:
        return read_rate(document, node, field, structure, error);
    case FIELD_NUMBER:
        return read_number(document, node, field, member, error);
    case FIELD_TEXT:
        return read_item(document, node, field, member, error);
    case FIELD_CHOICE:
        return read_choice(document, node, field->choices, member, error);
    case FIELD_SET:
        return read_set(document, node, field, member, error);
    case FIELD_LIST:
        return read_list(document, node, field, member, error);
    case FIELD_SETTINGS:
        return read_settings(document, node, field, member, error);
    case FIELD_OBJECT:
        return read_object(document, node, field, member, error);
    case FIELD_ARRAY:
        return read_array(document, node, field, structure, error);
    case FIELD_NOTE:
        return cJSON_IsString(node) ? 0
                                    : json_expected(document, node, "a string", error);
    case FIELD_ROWS:
        break;
    }
    return -EINVAL;
}

/* The row of a key; *structure becomes what the row's table describes. */
static const struct field *find_key(const struct field *fields, const char *key,
                                    void **structure)
{
    for (const struct field *f = fields; f->name; f++) {
        void *inner = field_member(f, *structure);
        const struct field *found =
            f->kind == FIELD_ROWS ? find_key(f->fields, key, &inner) : NULL;
        if (found) {
            *structure = inner;
            return found;
        }
        char *own = field_key(f);
        bool same = f->kind != FIELD_ROWS && field_is_in_json(f) && strcmp(own, key) == 0;
        free(own);
        if (same)
            return f;
    }
    return NULL;
}

/* Keys of a table, or those alone that it requires. */
static void add_keys(struct words *keys, const struct field *fields, bool required)
{
    for (const struct field *f = fields; f->name; f++) {
        if (f->kind == FIELD_ROWS) {
            add_keys(keys, f->fields, required);
        } else if (field_is_in_json(f) && (f->required || !required)) {
            char *key = field_key(f);
            words_add(keys, key);
            free(key);
        }
    }
}

static int refuse_key(struct json_document *document, const cJSON *node,
                      const struct field *fields, struct error *error)
{
    struct words keys = {0};
    add_keys(&keys, fields, false);
    const char **list = memory_allocate_zeroed(keys.count + 1, sizeof *list);
    for (size_t i = 0; i < keys.count; i++)
        list[i] = keys.items[i];
    struct text allowed = {0};
    text_append_list(&allowed, list);
    const char *near = text_nearest(node->string, list);
    int result = json_error_key(
        document, node, error, "unknown key, allowed are %s%s%s%s", text_string(&allowed),
        near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
    text_release(&allowed);
    free(list);
    words_release(&keys);
    return result;
}

static int check_required(struct json_document *document, const cJSON *node,
                          const struct field *fields, struct error *error)
{
    struct words keys = {0};
    int result = 0;
    add_keys(&keys, fields, true);
    for (size_t i = 0; i < keys.count && result == 0; i++)
        if (!cJSON_GetObjectItemCaseSensitive(node, keys.items[i]))
            result = json_error(document, node, error, "the key \"%s\" is missing",
                                keys.items[i]);
    words_release(&keys);
    return result;
}

int fields_read(struct json_document *document, const cJSON *node,
                const struct field *fields, void *structure, struct error *error)
{
    if (!cJSON_IsObject(node))
        return json_expected(document, node, "an object", error);
    for (const cJSON *child = node->child; child; child = child->next) {
        void *owner = structure;
        const struct field *field = find_key(fields, child->string, &owner);
        int result = field ? field_read(document, child, field, owner, error)
                           : refuse_key(document, child, fields, error);
        if (result < 0)
            return result;
    }
    return check_required(document, node, fields, error);
}

/* ---- writing ----------------------------------------------------------------------- */

static cJSON *write_quantity(const struct field *field, uint64_t value)
{
    char text[QUANTITY_TEXT_BYTES];
    if (value == 0 && field->zero_word)
        return cJSON_CreateString(field->zero_word);
    if (field->kind == FIELD_COUNT)
        return cJSON_CreateNumber((double)value);
    return cJSON_CreateString(quantity_exact(unit_of(field), value, text, sizeof text));
}

static cJSON *write_set(const struct field *field, unsigned bits)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; field->choices[i]; i++)
        if (bits >> i & 1)
            cJSON_AddItemToArray(array, cJSON_CreateString(field->choices[i]));
    return array;
}

static cJSON *write_list(const struct words *words)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < words->count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(words->items[i]));
    return array;
}

static cJSON *write_settings(const struct setting_list *settings)
{
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < settings->count; i++)
        json_add_text(object, settings->items[i].name, settings->items[i].value);
    return object;
}

static cJSON *write_object(const struct field *fields, const void *structure)
{
    cJSON *object = cJSON_CreateObject();
    fields_write(fields, structure, object);
    return object;
}

static cJSON *write_array(const struct field *field, const void *structure)
{
    const char *elements = *(const char *const *)field_const_member(field, structure);
    size_t count =
        *(const size_t *)(const void *)((const char *)structure + field->count_offset);
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array,
                             write_object(field->fields, elements + i * field->bytes));
    return array;
}

static cJSON *write_member(const struct field *field, const void *structure)
{
    const void *member = field_const_member(field, structure);
    switch (field->kind) {
    case FIELD_FLAG:
        return cJSON_CreateBool(*(const bool *)member);
    case FIELD_COUNT:
    case FIELD_TIME:
    case FIELD_SIZE:
        return write_quantity(field, *(const uint64_t *)member);
    case FIELD_RATE:
    case FIELD_NUMBER:
        return cJSON_CreateNumber(*(const double *)member);
    case FIELD_TEXT:
        return cJSON_CreateString(*(const char *const *)member);
    case FIELD_CHOICE:
        return cJSON_CreateString(field->choices[*(const int *)member]);
    case FIELD_SET:
        return write_set(field, *(const unsigned *)member);
    case FIELD_LIST:
        return write_list(member);
    case FIELD_SETTINGS:
        return write_settings(member);
    case FIELD_OBJECT:
        return write_object(field->fields, member);
    case FIELD_ARRAY:
        return write_array(field, structure);
    case FIELD_ROWS:
    case FIELD_NOTE:
        break;
    }
    return NULL;
}

void fields_write(const struct field *fields, const void *structure, cJSON *object)
{
    for (const struct field *f = fields; f->name; f++) {
        if (f->kind == FIELD_ROWS)
            fields_write(f->fields, field_const_member(f, structure), object);
        if (f->kind == FIELD_ROWS || !field_is_in_json(f) ||
            field_is_empty(f, structure) || (f->omit && f->omit(structure)))
            continue;
        char *key = field_key(f);
        cJSON_AddItemToObject(object, key, write_member(f, structure));
        free(key);
    }
}
