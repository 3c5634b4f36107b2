/*
 * field_json.h - structures that a table describes (base/field.h), read from JSON with
 * the place of every mistake, written as JSON, and told of as JSON Schema.
 *
 * Messages: "file:line:column: path: expected X, got Y (did you mean Z?)".
 */
#ifndef BASE_FIELD_JSON_H
#define BASE_FIELD_JSON_H

#include "base/field.h"
#include "base/json_document.h"

/*
 * Reads the object at `node` into a structure that has its defaults; members that are
 * absent stay as they are. Refuses everything that is not in the table. 0 or -EINVAL;
 * release the structure on failure too.
 */
MUST_CHECK int fields_read(struct json_document *document, const cJSON *node,
                           const struct field *fields, void *structure,
                           struct error *error);

/* Reads one value as the row says. */
MUST_CHECK int field_read(struct json_document *document, const cJSON *node,
                          const struct field *field, void *structure,
                          struct error *error);

/*
 * Adds the members of the structure to an object, in the order of the rows, so that
 * fields_read gives the structure back. What is empty is left out.
 */
void fields_write(const struct field *fields, const void *structure, cJSON *object);

/* The JSON Schema of an object of this table. `more`: JSON whose members come last. */
cJSON *fields_schema(const struct field *fields, const char *more);

/* The same as a file of its own. */
cJSON *fields_schema_file(const char *title, const char *description,
                          const struct field *fields, const char *more);

#endif
