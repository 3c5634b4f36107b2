/* json.c - see json.h. */
#include "base/json.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/quantity.h"
#include "base/text.h"

/* ---- where things are ------------------------------------------------------------- */

struct position {
    size_t line, column; /* from 1; the column counts bytes */
};

static struct position position_of(const char *source, const char *at)
{
    struct position position = {1, 1};
    for (const char *p = source; p < at && *p; p++) {
        position.column++;
        if (*p == '\n')
            position = (struct position){position.line + 1, 1};
    }
    return position;
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
        p++;
    return p;
}

static const char *skip_string(const char *p)
{
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && p[1])
            p++;
    return *p ? p + 1 : p;
}

/* Where a node's value and its key (if it has one) stand in the text. */
struct place {
    const char *value, *key;
};

/*
 * Walks text and tree side by side, since cJSON keeps the order of its children but
 * not their places. Returns the text after `item`; fills *place on meeting `wanted`.
 */
static const char *walk(const char *p, const cJSON *item, const cJSON *wanted,
                        const char *key, struct place *place)
{
    p = skip_blanks(p);
    if (item == wanted)
        *place = (struct place){p, key};
    if (cJSON_IsString(item))
        return skip_string(p);
    if (!cJSON_IsObject(item) && !cJSON_IsArray(item))
        return p + strcspn(p, ",]} \t\r\n");
    p = skip_blanks(p + 1);
    for (const cJSON *child = item->child; child; child = child->next) {
        const char *child_key = NULL;
        if (cJSON_IsObject(item)) {
            child_key = p;
            p = skip_blanks(skip_string(p)) + 1; /* past the colon */
        }
        p = skip_blanks(walk(p, child, wanted, child_key, place));
        if (*p == ',')
            p = skip_blanks(p + 1);
    }
    return *p ? p + 1 : p;
}

/* "requests[0].weight"; false where `wanted` is not below `item`. */
static bool append_path(struct text *path, const cJSON *item, const cJSON *wanted)
{
    if (item == wanted)
        return true;
    size_t length = path->length;
    int index = 0;
    for (const cJSON *child = item->child; child; child = child->next, index++) {
        if (cJSON_IsArray(item))
            text_printf(path, "[%d]", index);
        else
            text_printf(path, "%s%s", length ? "." : "", child->string);
        if (append_path(path, child, wanted))
            return true;
        path->length = length;
        path->data[length] = '\0';
    }
    return false;
}

__attribute__((format(printf, 5, 0))) static int
report(struct json_document *document, const cJSON *node, bool about_key,
       struct error *error, const char *format, va_list arguments)
{
    struct place place = {document->source, NULL};
    walk(document->source, document->root, node, NULL, &place);
    const char *at = about_key && place.key ? place.key : place.value;
    struct position position = position_of(document->source, at);
    struct text path = {0};
    append_path(&path, document->root, node);
    char message[ERROR_TEXT_BYTES];
    vsnprintf(message, sizeof message, format, arguments);
    int result =
        error_set(error, -EINVAL, "%s:%zu:%zu: %s%s%s", document->file, position.line,
                  position.column, text_string(&path), path.length ? ": " : "", message);
    text_release(&path);
    return result;
}

int json_error(struct json_document *document, const cJSON *node, struct error *error,
               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = report(document, node, false, error, format, arguments);
    va_end(arguments);
    return result;
}

int json_error_key(struct json_document *document, const cJSON *node, struct error *error,
                   const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = report(document, node, true, error, format, arguments);
    va_end(arguments);
    return result;
}

/* ---- parsing ---------------------------------------------------------------------- */

/*
 * cJSON tells the place of an error only roughly and lets malformed numbers and
 * control characters through, so the grammar of RFC 8259 is checked here first.
 */
struct fault {
    const char *at;   /* NULL: none */
    const char *what; /* what was expected there */
};

#define DEEPEST 200

static const char *find_fault(struct fault *fault, const char *at, const char *what)
{
    *fault = (struct fault){at, what};
    return NULL;
}

static const char *check_digits(const char *p, struct fault *fault)
{
    size_t digits = strspn(p, "0123456789");
    return digits ? p + digits : find_fault(fault, p, "a digit");
}

static const char *check_number(const char *p, struct fault *fault)
{
    if (*p == '-')
        p++;
    const char *after = *p == '0' ? p + 1 : check_digits(p, fault);
    if (after && *after == '.')
        after = check_digits(after + 1, fault);
    if (after && (*after == 'e' || *after == 'E')) {
        after++;
        after = check_digits(after + (*after == '+' || *after == '-'), fault);
    }
    return after;
}

static const char *check_string(const char *p, struct fault *fault)
{
    if (*p != '"')
        return find_fault(fault, p, "a string in double quotes");
    for (p++; *p != '"'; p++) {
        if ((unsigned char)*p < 0x20)
            return find_fault(fault, p, "the string's closing double quote");
        if (*p == '\\' && (*++p == '\0' || !strchr("\"\\/bfnrtu", *p)))
            return find_fault(fault, p, "an escape: one of \"\\/bfnrtu");
    }
    return p + 1;
}

static const char *check_value(const char *p, int depth, struct fault *fault);

/* Objects and arrays: `p` is at the opening bracket. */
static const char *check_members(const char *p, int depth, struct fault *fault)
{
    char close = *p == '{' ? '}' : ']';
    if (depth > DEEPEST)
        return find_fault(fault, p, "less nesting");
    p = skip_blanks(p + 1);
    for (bool first = true; *p != close || !first; first = false) {
        if (close == '}') {
            p = check_string(p, fault);
            if (!p)
                return NULL;
            p = skip_blanks(p);
            if (*p != ':')
                return find_fault(fault, p, "a colon");
            p++;
        }
        p = check_value(p, depth + 1, fault);
        if (!p)
            return NULL;
        p = skip_blanks(p);
        if (*p == close)
            break;
        if (*p != ',')
            return find_fault(fault, p, close == '}' ? "a comma or }" : "a comma or ]");
        p = skip_blanks(p + 1);
    }
    return p + 1;
}

/* Returns the text after the value, or NULL and the fault. */
static const char *check_value(const char *p, int depth, struct fault *fault)
{
    static const char *const words[] = {"true", "false", "null"};
    p = skip_blanks(p);
    if (*p == '{' || *p == '[')
        return check_members(p, depth, fault);
    if (*p == '"')
        return check_string(p, fault);
    if (*p == '-' || isdigit((unsigned char)*p))
        return check_number(p, fault);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(p, words[i], strlen(words[i])) == 0)
            return p + strlen(words[i]);
    return find_fault(fault, p, "a value");
}

static int refuse_text(struct json_document *document, const struct fault *fault,
                       struct error *error)
{
    struct position position = position_of(document->source, fault->at);
    char found[32] = "the end of the text";
    if (*fault->at)
        snprintf(found, sizeof found, "\"%.*s\"",
                 (int)strcspn(fault->at, "\r\n") > 20 ? 20
                                                      : (int)strcspn(fault->at, "\r\n"),
                 fault->at);
    return error_set(error, -EINVAL, "%s:%zu:%zu: broken JSON: expected %s, found %s",
                     document->file, position.line, position.column, fault->what, found);
}

static int refuse_duplicates(struct json_document *document, const cJSON *item,
                             struct error *error)
{
    for (const cJSON *child = item->child; child; child = child->next) {
        for (const cJSON *other = item->child; cJSON_IsObject(item) && other != child;
             other = other->next)
            if (strcmp(child->string, other->string) == 0)
                return json_error_key(document, child, error,
                                      "this key is given twice in the same object");
        int result = refuse_duplicates(document, child, error);
        if (result < 0)
            return result;
    }
    return 0;
}

static int parse(struct json_document *document, struct error *error)
{
    struct fault fault = {0};
    const char *end = check_value(document->source, 0, &fault);
    if (end && *skip_blanks(end))
        find_fault(&fault, skip_blanks(end), "the end of the text");
    if (fault.at)
        return refuse_text(document, &fault, error);
    document->root = cJSON_Parse(document->source);
    if (!document->root) /* a \u escape that is no character */
        return error_set(error, -EINVAL,
                         "%s: broken JSON: an escaped character is malformed",
                         document->file);
    return refuse_duplicates(document, document->root, error);
}

/* Takes ownership of `source`. */
static int open_source(struct json_document *document, const char *name, char *source,
                       struct error *error)
{
    *document =
        (struct json_document){.file = memory_copy_string(name), .source = source};
    int result = parse(document, error);
    if (result < 0)
        json_close(document);
    return result;
}

int json_open_file(struct json_document *document, const char *path, struct error *error)
{
    char *source;
    size_t length;
    int result = file_read(path, &source, &length, error);
    if (result < 0)
        return result;
    if (strlen(source) != length) {
        free(source);
        return error_set(error, -EINVAL, "%s: broken JSON: contains a NUL byte", path);
    }
    return open_source(document, path, source, error);
}

int json_open_string(struct json_document *document, const char *name, const char *source,
                     struct error *error)
{
    return open_source(document, name, memory_copy_string(source), error);
}

void json_close(struct json_document *document)
{
    cJSON_Delete(document->root);
    free(document->source);
    free(document->file);
    *document = (struct json_document){0};
}

/* ---- reading by table ------------------------------------------------------------- */

const char *json_describe(const cJSON *node, char *buffer, size_t bytes)
{
    if (cJSON_IsString(node))
        snprintf(buffer, bytes, "\"%.48s\"", node->valuestring);
    else if (cJSON_IsNumber(node))
        snprintf(buffer, bytes, "%.12g", node->valuedouble);
    else if (cJSON_IsBool(node))
        snprintf(buffer, bytes, cJSON_IsTrue(node) ? "true" : "false");
    else
        snprintf(buffer, bytes,
                 cJSON_IsObject(node)  ? "an object"
                 : cJSON_IsArray(node) ? "an array"
                                       : "null");
    return buffer;
}

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

/* ---- writing ---------------------------------------------------------------------- */

void json_add_number(cJSON *object, const char *key, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(object, key, value);
    else
        cJSON_AddNullToObject(object, key);
}

void json_add_text(cJSON *object, const char *key, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, key, text);
    else
        cJSON_AddNullToObject(object, key);
}

void json_add_bool(cJSON *object, const char *key, bool value)
{
    cJSON_AddBoolToObject(object, key, value);
}

cJSON *json_add_object(cJSON *parent, const char *key)
{
    return cJSON_AddObjectToObject(parent, key);
}

cJSON *json_add_array(cJSON *parent, const char *key)
{
    return cJSON_AddArrayToObject(parent, key);
}

double json_number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

const char *json_string(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

const cJSON *json_at(const cJSON *root, const char *path)
{
    char **keys = text_split(path, '/', NULL);
    for (size_t i = 0; keys[i] && root; i++)
        root = cJSON_GetObjectItemCaseSensitive(root, keys[i]);
    text_list_free(keys);
    return root;
}

char *json_print(const cJSON *root)
{
    char *printed = cJSON_Print(root);
    char *text = memory_printf("%s\n", printed ? printed : "null");
    cJSON_free(printed);
    return text;
}

int json_write(const char *path, const cJSON *root, struct error *error)
{
    if (strcmp(path, "-") != 0)
        return json_write_file(path, root, error);
    char *text = json_print(root);
    fputs(text, stdout);
    free(text);
    if (fflush(stdout) != 0)
        return error_set(error, -errno, "cannot write to stdout: %s", strerror(errno));
    return 0;
}

int json_write_file(const char *path, const cJSON *root, struct error *error)
{
    char *text = json_print(root);
    int result = file_write_atomic(path, text, strlen(text), error);
    free(text);
    return result;
}
