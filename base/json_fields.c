/* json_fields.c - see json_fields.h. */
#include "base/json_fields.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "base/text.h"

static int expected(struct json_document *document, const cJSON *node, const char *what,
                    struct error *error)
{
    char given[JSON_DESCRIBE_BYTES];
    return json_error(document, node, error, "expected %s, got %s", what,
                      json_describe(node, given, sizeof given));
}

static bool has_range(const struct json_field *field)
{
    return field->minimum != 0 || field->maximum != 0;
}

static int read_number(struct json_document *document, const cJSON *node,
                       const struct json_field *field, double *number,
                       struct error *error)
{
    const char *kind = field->type == JSON_COUNT ? "a whole number" : "a number";
    char what[128];
    snprintf(what, sizeof what, "%s", kind);
    bool good = cJSON_IsNumber(node);
    if (has_range(field)) {
        snprintf(what, sizeof what, "%s from %.12g to %.12g", kind, field->minimum,
                 field->maximum);
        good = good && node->valuedouble >= field->minimum &&
               node->valuedouble <= field->maximum;
    }
    if (good && field->type == JSON_COUNT)
        good = node->valuedouble == floor(node->valuedouble) && node->valuedouble >= 0 &&
               node->valuedouble <= 9007199254740992.0;
    if (!good)
        return expected(document, node, what, error);
    *number = node->valuedouble;
    return 0;
}

static int read_quantity(struct json_document *document, const cJSON *node,
                         const struct json_field *field, uint64_t *value,
                         struct error *error)
{
    enum quantity_unit unit = field->type == JSON_TIME ? QUANTITY_TIME : QUANTITY_SIZE;
    char number[32];
    const char *text = number;
    if (cJSON_IsString(node))
        text = node->valuestring;
    else if (cJSON_IsNumber(node) && unit == QUANTITY_SIZE)
        snprintf(number, sizeof number, "%.0f", node->valuedouble);
    else
        return expected(document, node, quantity_describe(unit), error);
    uint64_t minimum = has_range(field) ? (uint64_t)field->minimum : 0;
    uint64_t maximum = has_range(field) ? (uint64_t)field->maximum : 1ULL << 53;
    struct error detail;
    if (quantity_parse(unit, text, minimum, maximum, value, &detail) < 0)
        return json_error(document, node, error, "%s", detail.text);
    return 0;
}

static int read_rate(struct json_document *document, const cJSON *node, double *rate,
                     struct error *error)
{
    if (cJSON_IsNumber(node) && node->valuedouble > 0) {
        *rate = node->valuedouble;
        return 0;
    }
    if (!cJSON_IsString(node))
        return expected(document, node,
                        "a rate above 0 such as 250, \"2k/s\" or \"30/m\"", error);
    struct error detail;
    if (quantity_parse_rate(node->valuestring, rate, &detail) < 0)
        return json_error(document, node, error, "%s", detail.text);
    return 0;
}

static int read_choice(struct json_document *document, const cJSON *node,
                       const struct json_field *field, int *choice, struct error *error)
{
    for (int i = 0; cJSON_IsString(node) && field->choices[i]; i++) {
        if (strcmp(field->choices[i], node->valuestring) == 0) {
            *choice = i;
            return 0;
        }
    }
    struct text allowed = {0};
    text_append_list(&allowed, field->choices);
    char given[JSON_DESCRIBE_BYTES];
    const char *near =
        cJSON_IsString(node) ? text_nearest(node->valuestring, field->choices) : NULL;
    int result =
        json_error(document, node, error, "expected one of %s, got %s%s%s%s",
                   text_string(&allowed), json_describe(node, given, sizeof given),
                   near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
    text_release(&allowed);
    return result;
}

int json_read_value(struct json_document *document, const cJSON *node,
                    const struct json_field *field, void *structure, struct error *error)
{
    void *member = (char *)structure + field->offset;
    double number = 0;
    int result = 0;
    switch (field->type) {
    case JSON_TEXT:
        if (!cJSON_IsString(node) || !*node->valuestring)
            return expected(document, node, "a string that is not empty", error);
        free(*(char **)member);
        *(char **)member = memory_copy_string(node->valuestring);
        return 0;
    case JSON_BOOL:
        if (!cJSON_IsBool(node))
            return expected(document, node, "true or false", error);
        *(bool *)member = cJSON_IsTrue(node);
        return 0;
    case JSON_NUMBER:
        return read_number(document, node, field, member, error);
    case JSON_COUNT:
        result = read_number(document, node, field, &number, error);
        if (result == 0)
            *(uint64_t *)member = (uint64_t)number;
        return result;
    case JSON_TIME:
    case JSON_SIZE:
        return read_quantity(document, node, field, member, error);
    case JSON_RATE:
        return read_rate(document, node, member, error);
    case JSON_CHOICE:
        return read_choice(document, node, field, member, error);
    case JSON_CUSTOM:
        return field->read(document, node, member, error);
    }
    return -EINVAL;
}

static int refuse_key(struct json_document *document, const cJSON *node,
                      const struct json_field *fields, struct error *error)
{
    size_t count = 0;
    while (fields[count].key)
        count++;
    const char **keys = memory_allocate((count + 1) * sizeof *keys);
    for (size_t i = 0; i <= count; i++)
        keys[i] = fields[i].key;
    struct text allowed = {0};
    text_append_list(&allowed, keys);
    const char *near = text_nearest(node->string, keys);
    int result = json_error_key(
        document, node, error, "unknown key, allowed are %s%s%s%s", text_string(&allowed),
        near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
    text_release(&allowed);
    free(keys);
    return result;
}

int json_read_object(struct json_document *document, const cJSON *node,
                     const struct json_field *fields, void *structure,
                     struct error *error)
{
    if (!cJSON_IsObject(node))
        return expected(document, node, "an object", error);
    for (const cJSON *child = node->child; child; child = child->next) {
        const struct json_field *field = fields;
        while (field->key && strcmp(field->key, child->string) != 0)
            field++;
        int result = field->key
                         ? json_read_value(document, child, field, structure, error)
                         : refuse_key(document, child, fields, error);
        if (result < 0)
            return result;
    }
    for (const struct json_field *field = fields; field->key; field++)
        if (field->required && !cJSON_GetObjectItemCaseSensitive(node, field->key))
            return json_error(document, node, error, "the key \"%s\" is missing",
                              field->key);
    return 0;
}

int json_read_array(struct json_document *document, const cJSON *node, size_t minimum,
                    size_t maximum, size_t size, json_read_member *read, void **items,
                    size_t *count, struct error *error)
{
    *items = NULL;
    *count = 0;
    if (!cJSON_IsArray(node))
        return expected(document, node, "an array", error);
    size_t length = (size_t)cJSON_GetArraySize(node);
    if (length < minimum || length > maximum)
        return json_error(document, node, error,
                          "expected an array of %zu to %zu elements, got %zu", minimum,
                          maximum, length);
    char *memory = memory_allocate_zeroed(length + 1, size);
    *items = memory;
    for (const cJSON *child = node->child; child; child = child->next) {
        int result = read(document, child, memory + *count * size, error);
        /* A half-read element is counted too, so that its owner releases it. */
        (*count)++;
        if (result < 0)
            return result;
    }
    return 0;
}
