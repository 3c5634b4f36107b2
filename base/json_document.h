/*
 * json_document.h - JSON read with the manners of a compiler.
 *
 * cJSON parses; this layer adds what it leaves out: errors with file, line, column and
 * path, refused duplicate keys, the grammar of RFC 8259 to the letter. What the members
 * of an object may be is a table's matter (base/field_json.h).
 *
 * Messages: "file:line:column: path: expected X, got Y".
 *
 * Thread-safety: a document belongs to one thread. Errors are -EINVAL or -errno.
 */
#ifndef BASE_JSON_DOCUMENT_H
#define BASE_JSON_DOCUMENT_H

#include <cjson/cJSON.h>
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
/* A path that the document names, on the heap: a relative one counts from its folder. */
char *json_path_beside(const struct json_document *document, const char *path);

void json_close(struct json_document *document);

/* Writes "file:line:column: path: " and the message about `node`; returns -EINVAL. */
int json_error(struct json_document *document, const cJSON *node, struct error *error,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same about a node's key. */
int json_error_key(struct json_document *document, const cJSON *node, struct error *error,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* json_error with "expected WHAT, got " and what the node is. */
int json_expected(struct json_document *document, const cJSON *node, const char *what,
                  struct error *error);

/* "5", "\"x\"", "an object": for "..., got %s". */
const char *json_describe(const cJSON *node, char *buffer, size_t bytes);
#define JSON_DESCRIBE_BYTES 80

#endif
