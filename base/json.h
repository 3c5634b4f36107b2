/*
 * json.h - JSON read with the manners of a compiler, and written safely.
 *
 * cJSON parses; this layer adds what it leaves out: errors with file, line, column
 * and path, refused duplicate and unknown keys with a near-miss suggestion, types
 * and ranges from a table, strict numbers. Keys are compared case-sensitively.
 *
 *   static const struct json_field fields[] = {
 *       {.key = "name", .type = JSON_TEXT, .offset = offsetof(struct s, name),
 *        .required = true},
 *       ...
 *       {0}};
 *   json_read_object(document, node, fields, &s, error);
 *
 * Messages: "file:line:column: path: expected X, got Y (did you mean Z?)".
 *
 * Thread-safety: a document belongs to one thread. Errors are -EINVAL or -errno.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct json_document {
    char *file;   /* name for messages */
    char *source; /* the whole text, NUL-terminated */
    cJSON *root;
};

/* Parses a file or a string. On failure nothing is left to release. */
MUST_CHECK int json_open_file(struct json_document *document, const char *path,
                              struct error *error);
MUST_CHECK int json_open_string(struct json_document *document, const char *name,
                                const char *source, struct error *error);
void json_close(struct json_document *document);

enum json_type {
    JSON_TEXT,   /* char *, heap: the owner frees it                          */
    JSON_BOOL,   /* bool                                                      */
    JSON_NUMBER, /* double, minimum..maximum                                  */
    JSON_COUNT,  /* uint64_t, a whole number, minimum..maximum                */
    JSON_TIME,   /* uint64_t ns from "50ms"                                   */
    JSON_SIZE,   /* uint64_t bytes from "64KiB" or a whole number             */
    JSON_RATE,   /* double per second from "2k/s" or a number above 0         */
    JSON_CHOICE, /* int, index into choices                                   */
    JSON_CUSTOM, /* whatever `read` makes of it                               */
};

/* Reads `value` into `member`, which points at the member at `offset`. */
typedef int json_read_member(struct json_document *document, const cJSON *value,
                             void *member, struct error *error);

struct json_field {
    const char *key; /* NULL ends a table */
    enum json_type type;
    bool required;
    size_t offset;
    double minimum, maximum; /* both 0: no limit (JSON_TIME: ns, JSON_SIZE: bytes) */
    const char *const *choices;
    json_read_member *read;
};

/*
 * Reads the object at `node` into `structure` by the table. Members that are absent
 * stay as they were, so set the defaults first. Refuses everything not in the table.
 */
MUST_CHECK int json_read_object(struct json_document *document, const cJSON *node,
                                const struct json_field *fields, void *structure,
                                struct error *error);

/* Reads one value as if by a table with this single field (its key is not used). */
MUST_CHECK int json_read_value(struct json_document *document, const cJSON *node,
                               const struct json_field *field, void *structure,
                               struct error *error);

/*
 * Reads the array at `node` (minimum..maximum elements) into a zeroed heap array of
 * `size`-byte elements, each by `read`. The caller owns *items, on failure too.
 */
MUST_CHECK int json_read_array(struct json_document *document, const cJSON *node,
                               size_t minimum, size_t maximum, size_t size,
                               json_read_member *read, void **items, size_t *count,
                               struct error *error);

/* Writes "file:line:column: path: " and the message about `node`; returns -EINVAL. */
int json_error(struct json_document *document, const cJSON *node, struct error *error,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same about a node's key. */
int json_error_key(struct json_document *document, const cJSON *node, struct error *error,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "a number (5)", "a string ("x")", "an object": for "..., got %s". */
const char *json_describe(const cJSON *node, char *buffer, size_t bytes);
#define JSON_DESCRIBE_BYTES 80

/* Adds a number, or null where it is NaN or infinite: unmeasured is never 0. */
void json_add_number(cJSON *object, const char *key, double value);
void json_add_text(cJSON *object, const char *key, const char *text); /* NULL: null */
void json_add_bool(cJSON *object, const char *key, bool value);

/* A new object or array, added to `parent` under `key`. */
cJSON *json_add_object(cJSON *parent, const char *key);
cJSON *json_add_array(cJSON *parent, const char *key);

/* Number at `key`, NaN where it is absent or null. String at `key`, or NULL. */
double json_number(const cJSON *object, const char *key);
const char *json_string(const cJSON *object, const char *key);

/* Object or array found by a "/"-separated list of keys, or NULL. */
const cJSON *json_at(const cJSON *root, const char *path);

/* Formatted text with a final newline, on the heap. */
char *json_print(const cJSON *root);

/* json_print to stdout where `path` is "-", else into a file, atomically. 0 or -errno. */
MUST_CHECK int json_write(const char *path, const cJSON *root, struct error *error);

/* json_print into a file, atomically. */
MUST_CHECK int json_write_file(const char *path, const cJSON *root, struct error *error);

#endif
