/*
 * json.h - JSON written safely, and looked into. Reading with messages that name the
 * place is base/json_document.h's.
 *
 * Keys are compared case-sensitively.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

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

/*
 * What a "/"-separated list of keys leads to, or NULL; a number among the keys counts
 * the elements of an array: "requests/0/path".
 */
const cJSON *json_at(const cJSON *root, const char *path);

/* Formatted text with a final newline, on the heap. */
char *json_print(const cJSON *root);

/* Prints it to stdout, and deletes it. */
void json_show(cJSON *root);

/* json_print into a file (file_write_atomic), or to stdout where `path` is "-": whether
 * that could be written is for main to tell. 0 or -errno. */
MUST_CHECK int json_write(const char *path, const cJSON *root, struct error *error);

/* Whether json_write could write there (base/file.h). */
MUST_CHECK int json_can_write(const char *path, struct error *error);

/* json_print into a file, atomically. */
MUST_CHECK int json_write_file(const char *path, const cJSON *root, struct error *error);

#endif
