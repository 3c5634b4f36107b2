/* json_fields.h - objects read by a table of keys. */
#ifndef BASE_JSON_FIELDS_H
#define BASE_JSON_FIELDS_H

#include "base/json_document.h"
#include <stdbool.h>

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

#endif
