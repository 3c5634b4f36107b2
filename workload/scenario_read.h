/*
 * scenario_read.h - scenario files: read, and checked as far as the file alone shows it.
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

/* The same of a text in memory; messages call it `name`. */
MUST_CHECK int scenario_read_string(struct scenario *scenario, const char *name,
                                    const char *source, struct error *error);

/*
 * The same of an open document, which stays open for what a caller finds wrong beyond
 * the file: json_error(document, json_at(document->root, "server/options/threads"), ...),
 * or "models/2", "requests/0/path", "backend/model".
 */
MUST_CHECK int scenario_read_document(struct scenario *scenario,
                                      struct json_document *document,
                                      struct error *error);

/* What no table shows: names, sweep, braces in paths. */
MUST_CHECK int scenario_check(struct json_document *document,
                              const struct scenario *scenario, struct error *error);

#endif
