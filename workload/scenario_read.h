/*
 * scenario_read.h - reads scenario files, and checks what can be checked without knowing
 * the models and operations (harness/experiment/scenario_check.h does the rest).
 *
 * Messages are "file:line:column: path: what is allowed, what was given". On failure
 * nothing is left to release.
 */
#ifndef WORKLOAD_SCENARIO_READ_H
#define WORKLOAD_SCENARIO_READ_H

#include "base/error.h"
#include "base/json_document.h"
#include "workload/scenario.h"

/* Reads and checks a scenario file. 0, -EINVAL or -errno. */
MUST_CHECK int scenario_read(struct scenario *scenario, const char *path,
                             struct error *error);

/* Reads and checks a text in memory; messages call it `name`. */
MUST_CHECK int scenario_read_string(struct scenario *scenario, const char *name,
                                    const char *source, struct error *error);

/*
 * Reads and checks an open document. It stays open, so that the caller can report more
 * errors with their place: json_error(document, json_at(document->root,
 * "server/options/threads"), ...), or "models/2", "requests/0/path", "backend/model".
 */
MUST_CHECK int scenario_read_document(struct scenario *scenario,
                                      struct json_document *document,
                                      struct error *error);

/* Checks what the tables of fields do not: name, sweep, placeholders in paths. */
MUST_CHECK int scenario_check(struct json_document *document,
                              const struct scenario *scenario, struct error *error);

#endif
