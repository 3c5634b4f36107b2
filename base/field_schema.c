/* field_schema.c - the JSON Schema of a table, for editors (fields_schema). */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/field_json.h"
#include "base/json.h"

#define PATTERN(pattern)       "{\"type\":\"string\",\"pattern\":\"" pattern "\"}"
#define ANY_OF_TWO(one, other) "{\"anyOf\":[" one "," other "]}"

static cJSON *parse_schema(const char *text)
{
    cJSON *schema = cJSON_Parse(text);
    if (!schema) {
        fprintf(stderr, "interleave: no JSON in a table: %s\n", text);
        abort();
    }
    return schema;
}

/* Moves all members of one object behind those of another. */
static void move_members(cJSON *to, cJSON *from)
{
    while (from->child) {
        cJSON *member = cJSON_DetachItemViaPointer(from, from->child);
        cJSON_AddItemToObject(to, member->string, member);
    }
    cJSON_Delete(from);
}

static void add_range(cJSON *schema, const struct field *field, const char *least,
                      const char *most)
{
    if (!field_has_range(field))
        return;
    cJSON_AddNumberToObject(schema, least, field->minimum);
    cJSON_AddNumberToObject(schema, most, field->maximum);
}

static cJSON *choice_schema(const char *const *choices)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *array = json_add_array(schema, "enum");
    for (size_t i = 0; choices[i]; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(choices[i]));
    return schema;
}

static cJSON *item_schema(const struct field *field)
{
    static const char *const schemas[] = {
        [ITEM_WORD] = "{\"type\":\"string\",\"minLength\":1}",
        [ITEM_TEXT] = "{\"type\":\"string\"}",
        [ITEM_VALUE] =
            ANY_OF_TWO("{\"type\":\"string\",\"minLength\":1}", "{\"type\":\"number\"}"),
    };
    return field->choices ? choice_schema(field->choices)
                          : parse_schema(schemas[field->items]);
}

static cJSON *array_schema(const struct field *field, cJSON *items)
{
    cJSON *schema = parse_schema("{\"type\":\"array\"}");
    add_range(schema, field, "minItems", "maxItems");
    cJSON_AddItemToObject(schema, "items", items);
    return schema;
}

/* The word for 0, or what the value is otherwise. */
static cJSON *with_zero_word(const struct field *field, cJSON *schema)
{
    if (!field->zero_word)
        return schema;
    cJSON *either = cJSON_CreateObject(), *word = cJSON_CreateObject();
    cJSON *array = json_add_array(either, "anyOf");
    json_add_text(word, "const", field->zero_word);
    cJSON_AddItemToArray(array, word);
    cJSON_AddItemToArray(array, schema);
    return either;
}

static cJSON *value_schema(const struct field *field)
{
    static const char time[] = PATTERN("^(0|[0-9]+(\\\\.[0-9]+)?(ns|us|ms|s|m|h))$");
    static const char size[] =
        ANY_OF_TWO("{\"type\":\"integer\",\"minimum\":0}",
                   PATTERN("^[0-9]+(\\\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$"));
    static const char rate[] =
        ANY_OF_TWO("{\"type\":\"number\",\"exclusiveMinimum\":0}",
                   PATTERN("^[0-9]+(\\\\.[0-9]+)?[kM]?(/[smh])?$"));
    static const char *const schemas[] = {
        [FIELD_FLAG] = "{\"type\":\"boolean\"}",
        [FIELD_COUNT] = "{\"type\":\"integer\"}",
        [FIELD_TIME] = time,
        [FIELD_SIZE] = size,
        [FIELD_RATE] = rate,
        [FIELD_NUMBER] = "{\"type\":\"number\"}",
        [FIELD_NOTE] = "{\"type\":\"string\"}",
    };
    cJSON *schema = NULL;
    switch (field->kind) {
    case FIELD_TEXT:
        return item_schema(field);
    case FIELD_CHOICE:
        return choice_schema(field->choices);
    case FIELD_SET:
        return array_schema(field, choice_schema(field->choices));
    case FIELD_LIST:
        return array_schema(field, item_schema(field));
    case FIELD_SETTINGS:
        schema = parse_schema("{\"type\":\"object\"}");
        cJSON_AddItemToObject(schema, "additionalProperties", item_schema(field));
        return schema;
    case FIELD_OBJECT:
        return fields_schema(field->fields, field->schema);
    case FIELD_ARRAY:
        return array_schema(field, fields_schema(field->fields, field->schema));
    default:
        schema = parse_schema(schemas[field->kind]);
    }
    if (field->kind == FIELD_COUNT || field->kind == FIELD_NUMBER)
        add_range(schema, field, "minimum", "maximum");
    return with_zero_word(field, schema);
}

static cJSON *field_schema(const struct field *field)
{
    bool nested = field->kind == FIELD_OBJECT || field->kind == FIELD_ARRAY;
    cJSON *schema = cJSON_CreateObject();
    if (field->about || field->help)
        json_add_text(schema, "description", field->about ? field->about : field->help);
    move_members(schema, field->schema && !nested ? parse_schema(field->schema)
                                                  : value_schema(field));
    return schema;
}

static void add_properties(cJSON *properties, cJSON *required, const struct field *fields)
{
    for (const struct field *f = fields; f->name; f++) {
        if (f->kind == FIELD_ROWS)
            add_properties(properties, required, f->fields);
        if (f->kind == FIELD_ROWS || !field_is_in_json(f))
            continue;
        char *key = field_key(f);
        if (f->required)
            cJSON_AddItemToArray(required, cJSON_CreateString(key));
        cJSON_AddItemToObject(properties, key, field_schema(f));
        free(key);
    }
}

cJSON *fields_schema(const struct field *fields, const char *more)
{
    cJSON *schema = parse_schema("{\"type\":\"object\",\"additionalProperties\":false}");
    cJSON *required = cJSON_CreateArray(), *properties = cJSON_CreateObject();
    add_properties(properties, required, fields);
    if (required->child)
        cJSON_AddItemToObject(schema, "required", required);
    else
        cJSON_Delete(required);
    cJSON_AddItemToObject(schema, "properties", properties);
    if (more)
        move_members(schema, parse_schema(more));
    return schema;
}

cJSON *fields_schema_file(const char *title, const char *description,
                          const struct field *fields, const char *more)
{
    cJSON *file = cJSON_CreateObject();
    json_add_text(file, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_add_text(file, "title", title);
    json_add_text(file, "description", description);
    move_members(file, fields_schema(fields, more));
    return file;
}
