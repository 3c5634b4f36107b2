/* record_json.c - records read from JSON and written as JSON; see record.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"

/* ---- reading ---------------------------------------------------------------------- */

static int refuse(struct json_document *document, const cJSON *node, const char *what,
                  struct error *error)
{
    char given[JSON_DESCRIBE_BYTES];
    return json_error(document, node, error, "expected %s, got %s", what,
                      json_describe(node, given, sizeof given));
}

/* A whole number that a double holds exactly. */
static bool is_whole(const cJSON *node)
{
    return cJSON_IsNumber(node) && node->valuedouble >= 0 &&
           node->valuedouble <= 9007199254740992.0 &&
           node->valuedouble == floor(node->valuedouble);
}

static int find_word(const struct record_field *field, const char *text)
{
    for (size_t i = 0; record_word(field, i); i++)
        if (strcmp(record_word(field, i), text) == 0)
            return (int)i;
    return -1;
}

static int refuse_word(struct json_document *document, const cJSON *node,
                       const struct record_field *field, struct error *error)
{
    struct text what = {0};
    text_append_string(&what, "one of ");
    for (size_t i = 0; record_word(field, i); i++)
        text_printf(&what, "%s%s", i ? ", " : "", record_word(field, i));
    int code = refuse(document, node, text_string(&what), error);
    text_release(&what);
    return code;
}

static int read_tally(struct json_document *document, const cJSON *node,
                      const struct record_field *field, uint64_t *tally,
                      struct error *error)
{
    if (!cJSON_IsObject(node))
        return refuse(document, node, "an object", error);
    for (const cJSON *child = node->child; child; child = child->next) {
        int word = find_word(field, child->string);
        if (word < 0)
            return json_error_key(document, child, error, "unknown key");
        if (!is_whole(child))
            return refuse(document, child, "a whole number", error);
        tally[word] = (uint64_t)child->valuedouble;
    }
    return 0;
}

static int read_texts(struct json_document *document, const cJSON *node, char ***texts,
                      struct error *error)
{
    if (!cJSON_IsArray(node))
        return refuse(document, node, "an array of strings", error);
    size_t count = 0;
    *texts = memory_allocate_zeroed((size_t)cJSON_GetArraySize(node) + 1, sizeof **texts);
    for (const cJSON *child = node->child; child; child = child->next) {
        if (!cJSON_IsString(child))
            return refuse(document, child, "a string", error);
        (*texts)[count++] = memory_copy_string(child->valuestring);
    }
    return 0;
}

static int read_list(struct json_document *document, const cJSON *node,
                     const struct record_field *field, void *record, struct error *error)
{
    bool map = field->kind == RECORD_MAP;
    if (map ? !cJSON_IsObject(node) : !cJSON_IsArray(node))
        return refuse(document, node, map ? "an object" : "an array", error);
    size_t size = field->type->size;
    size_t *count = record_count(field, record);
    char *items = memory_allocate_zeroed((size_t)cJSON_GetArraySize(node) + 1, size);
    *(char **)record_member(field, record) = items;
    for (const cJSON *child = node->child; child; child = child->next) {
        char *item = items + *count * size;
        int code = record_read(field->type, item, document, child, error);
        if (code < 0)
            return code;
        if (map)
            *(char **)(void *)item = memory_copy_string(child->string);
        (*count)++;
    }
    return 0;
}

static int read_pointer(struct json_document *document, const cJSON *node,
                        const struct record_field *field, void **member,
                        struct error *error)
{
    void *target = memory_allocate(field->type->size);
    int code = record_read(field->type, target, document, node, error);
    if (code < 0)
        free(target);
    else
        *member = target;
    return code;
}

/* `node` is not null, unless the kind never is. */
static int read_member(struct json_document *document, const cJSON *node,
                       const struct record_field *field, void *record,
                       struct error *error)
{
    void *member = record_member(field, record);
    switch (field->kind) {
    case RECORD_NUMBER:
        if (!cJSON_IsNumber(node))
            return refuse(document, node, "a number", error);
        *(double *)member = node->valuedouble;
        return 0;
    case RECORD_COUNT:
        if (!is_whole(node))
            return refuse(document, node, "a whole number", error);
        *(uint64_t *)member = (uint64_t)node->valuedouble;
        return 0;
    case RECORD_BOOL:
    case RECORD_SWITCH:
        if (!cJSON_IsBool(node))
            return refuse(document, node, "true or false", error);
        if (field->kind == RECORD_BOOL)
            *(bool *)member = cJSON_IsTrue(node);
        else
            *(int *)member = cJSON_IsTrue(node);
        return 0;
    case RECORD_TEXT:
        if (!cJSON_IsString(node))
            return refuse(document, node, "a string", error);
        *(char **)member = memory_copy_string(node->valuestring);
        return 0;
    case RECORD_TEXTS:
        return read_texts(document, node, member, error);
    case RECORD_WORD:
        if (cJSON_IsString(node))
            *(int *)member = find_word(field, node->valuestring);
        return *(int *)member < 0 ? refuse_word(document, node, field, error) : 0;
    case RECORD_TALLY:
        return read_tally(document, node, field, member, error);
    case RECORD_STRUCT:
        return record_read(field->type, member, document, node, error);
    case RECORD_POINTER:
        return read_pointer(document, node, field, member, error);
    case RECORD_LIST:
    case RECORD_MAP:
        return read_list(document, node, field, record, error);
    }
    return -EINVAL;
}

bool record_never_null(const struct record_field *field)
{
    return field->required || field->kind == RECORD_COUNT || field->kind == RECORD_BOOL ||
           field->kind == RECORD_TALLY || field->kind == RECORD_STRUCT;
}

static int read_members(const struct record_type *type, void *record,
                        struct json_document *document, const cJSON *node,
                        struct error *error)
{
    for (const struct record_field *field = type->fields; field->key; field++) {
        const cJSON *member = cJSON_GetObjectItemCaseSensitive(node, field->key);
        int code = 0;
        if (!member && record_never_null(field))
            return json_error(document, node, error, "the key \"%s\" is missing",
                              field->key);
        if (member && (!cJSON_IsNull(member) || record_never_null(field)))
            code = read_member(document, member, field, record, error);
        if (code < 0)
            return code;
    }
    return type->hooks && type->hooks->read
               ? type->hooks->read(document, node, record, error)
               : 0;
}

int record_read(const struct record_type *type, void *record,
                struct json_document *document, const cJSON *node, struct error *error)
{
    if (!cJSON_IsObject(node))
        return refuse(document, node, "an object", error);
    record_init(type, record);
    int code = read_members(type, record, document, node, error);
    if (code < 0)
        record_release(type, record);
    return code;
}

/* ---- writing ---------------------------------------------------------------------- */

static cJSON *texts_to_json(char *const *texts)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; texts[i]; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(texts[i]));
    return array;
}

static cJSON *tally_to_json(const struct record_field *field, const uint64_t *tally)
{
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; record_word(field, i); i++)
        if (tally[i])
            json_add_number(object, record_word(field, i), (double)tally[i]);
    return object;
}

static cJSON *list_to_json(const struct record_field *field, const void *record)
{
    bool map = field->kind == RECORD_MAP;
    const char *item = *(char *const *)record_member_of(field, record);
    size_t count = record_count_of(field, record);
    cJSON *list = map ? cJSON_CreateObject() : cJSON_CreateArray();
    for (size_t i = 0; i < count; i++, item += field->type->size) {
        cJSON *json = record_to_json(field->type, item);
        if (map)
            cJSON_AddItemToObject(list, *(char *const *)(const void *)item, json);
        else
            cJSON_AddItemToArray(list, json);
    }
    return list;
}

cJSON *record_member_to_json(const struct record_field *field, const void *record)
{
    const void *member = record_member_of(field, record);
    const void *const *pointer = member;
    switch (field->kind) {
    case RECORD_NUMBER:
        return isfinite(*(const double *)member)
                   ? cJSON_CreateNumber(*(const double *)member)
                   : NULL;
    case RECORD_COUNT:
        return cJSON_CreateNumber((double)*(const uint64_t *)member);
    case RECORD_BOOL:
        return cJSON_CreateBool(*(const bool *)member);
    case RECORD_SWITCH:
        return *(const int *)member < 0 ? NULL : cJSON_CreateBool(*(const int *)member);
    case RECORD_TEXT:
        return *pointer ? cJSON_CreateString(*pointer) : NULL;
    case RECORD_TEXTS:
        return *pointer ? texts_to_json(*(char *const *const *)member) : NULL;
    case RECORD_WORD:
        return *(const int *)member < 0 ? NULL
                                        : cJSON_CreateString(record_word(
                                              field, (size_t) * (const int *)member));
    case RECORD_TALLY:
        return tally_to_json(field, member);
    case RECORD_STRUCT:
        return record_to_json(field->type, member);
    case RECORD_POINTER:
        return *pointer ? record_to_json(field->type, *pointer) : NULL;
    case RECORD_LIST:
    case RECORD_MAP:
        return *pointer ? list_to_json(field, record) : NULL;
    }
    return NULL;
}

cJSON *record_to_json(const struct record_type *type, const void *record)
{
    cJSON *object = cJSON_CreateObject();
    for (const struct record_field *field = type->fields; field->key; field++) {
        cJSON *json = record_member_to_json(field, record);
        if (json || !field->optional)
            cJSON_AddItemToObject(object, field->key, json ? json : cJSON_CreateNull());
    }
    if (type->hooks && type->hooks->write)
        type->hooks->write(record, object);
    return object;
}

char *record_member_text(const struct record_field *field, const void *record)
{
    cJSON *json = record_member_to_json(field, record);
    char *printed = json ? cJSON_PrintUnformatted(json) : NULL;
    char *text = memory_copy_string(printed ? printed : "null");
    cJSON_free(printed);
    cJSON_Delete(json);
    return text;
}

/* ---- files ------------------------------------------------------------------------ */

int record_read_file(const struct record_type *type, void *record, const char *path,
                     struct error *error)
{
    struct json_document document;
    int code = json_open_file(&document, path, error);
    if (code < 0)
        return code;
    code = record_read(type, record, &document, document.root, error);
    json_close(&document);
    return code;
}

int record_write_file(const struct record_type *type, const void *record,
                      const char *path, struct error *error)
{
    cJSON *json = record_to_json(type, record);
    int code = json_write_file(path, json, error);
    cJSON_Delete(json);
    return code;
}
