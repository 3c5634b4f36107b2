/*
 * request_head.h - what a request carries beside its path: method, headers, body.
 *
 * A load says it for all of its requests, and a request for itself: the rows are the same
 * in "load", in each of "requests", and on the command line. Of a request
 *   method   its own, else the load's, else POST with a body and GET without (as curl);
 *   body     its own, else the load's, unless the request has a method of its own;
 *   headers  its own, and the load's of other names.
 */
#ifndef WORKLOAD_REQUEST_HEAD_H
#define WORKLOAD_REQUEST_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/field.h"
#include "base/text.h"

struct request_head {
    char *method;         /* NULL: not given */
    struct words headers; /* "Name: value" */
    char *body;           /* NULL: not given */
    char *body_file;      /* in place of body; absolute where a scenario named it */
};

/* The rows of struct request_head. */
extern const struct field request_head_fields[];

#define REQUEST_MAX_HEADERS 64
#define REQUEST_MAX_BODY    (16 << 20) /* bytes */

/* What the rows do not show, of an object with their keys. The file of a body counts from
 * the folder of the document, and must be readable. 0 or -EINVAL. */
MUST_CHECK int request_head_check_json(struct json_document *document,
                                       const struct cJSON *node,
                                       struct request_head *head, struct error *error);

/* The same rules for one that was typed, or put together. */
MUST_CHECK int request_head_check(const struct request_head *head, struct error *error);

/* What a request that gives `own` itself is sent with, in borrowed members; of the
 * headers the list alone is the caller's: free(head.headers.items). */
struct request_head request_head_of(const struct request_head *load,
                                    const struct request_head *own);

const char *request_head_method(const struct request_head *head);

/* Options that were given win over what a scenario's requests say themselves. */
void request_head_yield(struct request_head *own, const struct request_head *given);

/* Whether a request may be sent again where nobody knows what became of it. */
bool request_method_is_idempotent(const char *method);

/* Whether a request without a body says so, "Content-Length: 0". */
bool request_method_expects_body(const char *method);

/* Whether one of the headers has this name, which ends with its string or with ":". */
bool request_has_header(const struct words *headers, const char *name);

#endif
