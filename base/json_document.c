/* json_document.c - see json_document.h. */
#include "base/json_document.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
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
        if (*p != '\\')
            continue;
        if (*++p == '\0' || !strchr("\"\\/bfnrtu", *p))
            return find_fault(fault, p, "an escape: one of \"\\/bfnrtu");
        if (strncmp(p, "u0000", 5) == 0)
            return find_fault(fault, p - 1, "a text without NUL");
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
        struct position at = position_of(source, source + length);
        free(source);
        return error_set(error, -EINVAL, "%s:%zu:%zu: broken JSON: a NUL byte", path,
                         at.line, at.column);
    }
    return open_source(document, path, source, error);
}

int json_open_string(struct json_document *document, const char *name, const char *source,
                     struct error *error)
{
    return open_source(document, name, memory_copy_string(source), error);
}

char *json_path_beside(const struct json_document *document, const char *path)
{
    const char *slash = *path == '/' ? NULL : strrchr(document->file, '/');
    int folder = slash ? (int)(slash - document->file) + 1 : 0;
    return memory_printf("%.*s%s", folder, document->file, path);
}

void json_close(struct json_document *document)
{
    cJSON_Delete(document->root);
    free(document->source);
    free(document->file);
    *document = (struct json_document){0};
}

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

int json_expected(struct json_document *document, const cJSON *node, const char *what,
                  struct error *error)
{
    char given[JSON_DESCRIBE_BYTES];
    return json_error(document, node, error, "expected %s, got %s", what,
                      json_describe(node, given, sizeof given));
}
