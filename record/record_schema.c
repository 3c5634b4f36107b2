/* record_schema.c - the JSON Schema (draft 2020-12) of a file that holds a record. */
#include "record/record.h"

static cJSON *schema_of(const struct record_type *type);

/* {"type": NAME}, or [NAME, "null"] where the member may be null. */
static cJSON *typed(const char *name, bool nullable)
{
    cJSON *schema = cJSON_CreateObject();
    if (!nullable) {
        cJSON_AddStringToObject(schema, "type", name);
        return schema;
    }
    cJSON *types = json_add_array(schema, "type");
    cJSON_AddItemToArray(types, cJSON_CreateString(name));
    cJSON_AddItemToArray(types, cJSON_CreateString("null"));
    return schema;
}

static cJSON *count_schema(void)
{
    cJSON *schema = typed("integer", false);
    cJSON_AddNumberToObject(schema, "minimum", 0);
    return schema;
}

static cJSON *word_schema(const struct record_field *field, bool nullable)
{
    cJSON *schema = cJSON_CreateObject(), *words = json_add_array(schema, "enum");
    for (size_t i = 0; record_word(field, i); i++)
        cJSON_AddItemToArray(words, cJSON_CreateString(record_word(field, i)));
    if (nullable)
        cJSON_AddItemToArray(words, cJSON_CreateNull());
    return schema;
}

static cJSON *tally_schema(const struct record_field *field)
{
    cJSON *schema = typed("object", false);
    cJSON *properties = json_add_object(schema, "properties");
    for (size_t i = 0; record_word(field, i); i++)
        cJSON_AddItemToObject(properties, record_word(field, i), count_schema());
    json_add_bool(schema, "additionalProperties", false);
    return schema;
}

static cJSON *list_schema(const char *name, bool nullable, const char *key, cJSON *items)
{
    cJSON *schema = typed(name, nullable);
    cJSON_AddItemToObject(schema, key, items);
    return schema;
}

/* A schema that is also fulfilled by null. */
static cJSON *or_null(cJSON *schema)
{
    cJSON *either = cJSON_CreateObject(), *all = json_add_array(either, "anyOf");
    cJSON_AddItemToArray(all, schema);
    cJSON_AddItemToArray(all, typed("null", false));
    return either;
}

static cJSON *member_schema(const struct record_field *field)
{
    bool nullable = !record_never_null(field) && !field->optional;
    switch (field->kind) {
    case RECORD_NUMBER:
        return typed("number", nullable);
    case RECORD_COUNT:
        return count_schema();
    case RECORD_BOOL:
    case RECORD_SWITCH:
        return typed("boolean", nullable);
    case RECORD_TEXT:
        return typed("string", nullable);
    case RECORD_TEXTS:
        return list_schema("array", nullable, "items", typed("string", false));
    case RECORD_WORD:
        return word_schema(field, nullable);
    case RECORD_TALLY:
        return tally_schema(field);
    case RECORD_STRUCT:
        return schema_of(field->type);
    case RECORD_POINTER:
        return nullable ? or_null(schema_of(field->type)) : schema_of(field->type);
    case RECORD_LIST:
        return list_schema("array", nullable, "items", schema_of(field->type));
    case RECORD_MAP:
        return list_schema("object", nullable, "additionalProperties",
                           schema_of(field->type));
    }
    return NULL;
}

static cJSON *schema_of(const struct record_type *type)
{
    cJSON *schema = typed("object", false);
    cJSON *properties = json_add_object(schema, "properties");
    cJSON *required = json_add_array(schema, "required");
    for (const struct record_field *field = type->fields; field->key; field++) {
        cJSON *member = member_schema(field);
        if (field->unit)
            cJSON_AddStringToObject(member, "description", field->unit);
        cJSON_AddItemToObject(properties, field->key, member);
        if (!field->optional)
            cJSON_AddItemToArray(required, cJSON_CreateString(field->key));
    }
    if (type->hooks && type->hooks->schema)
        type->hooks->schema(properties);
    json_add_bool(schema, "additionalProperties", false);
    return schema;
}

cJSON *record_schema(const struct record_type *type)
{
    cJSON *schema = schema_of(type);
    cJSON_AddItemToObject(
        schema, "$schema",
        cJSON_CreateString("https://json-schema.org/draft/2020-12/schema"));
    return schema;
}
