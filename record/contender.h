/*
 * contender.h - the concurrency models as `interleave models --json` tells them, and the
 * contenders of a run: a model with options of its own, written
 * "model:option=value:option=value". The contender's text is its row in the table.
 *
 * The harness knows models by what they say of themselves, never by their names.
 */
#ifndef RECORD_CONTENDER_H
#define RECORD_CONTENDER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "workload/scenario.h"

struct models {
    cJSON *list; /* the array that the command printed */
};

/* Asks the program itself. */
MUST_CHECK int models_read(struct models *models, struct error *error);
void models_release(struct models *models);

/* By name, or NULL. The node lives as long as `models`. */
const cJSON *models_find(const struct models *models, const char *name);

bool model_has_flag(const cJSON *model, const char *flag);

/* A server that this project did not write: see external.h. */
bool model_is_reference(const cJSON *model);

/* "model", "reference" or, if all that it does is to send the greeting, "reference,
 * plaintext": what can be compared with what. */
const char *model_kind(const cJSON *model);

/* Its row's name where tables tell models and references apart, on the heap. */
char *model_title(const cJSON *model, const char *label);

/* Why the model does not run on this machine, or NULL where it does. */
const char *model_skip_reason(const cJSON *model);

struct contender {
    char *label; /* as it was written */
    char *model; /* the model's name */
    struct setting *options;
    size_t option_count;
};

/* Checks the model, its options and their choices; suggests what may be meant. */
MUST_CHECK int contender_parse(struct contender *contender, const char *label,
                               const struct models *models, struct error *error);
void contender_release(struct contender *contender);

struct contenders {
    struct contender *items;
    size_t count;
};

/* Adds one, unless a contender with that label is there already. */
MUST_CHECK int contenders_add(struct contenders *contenders, const char *label,
                              const struct models *models, struct error *error);

/* Adds every model of ours that is not for calibration only. */
void contenders_add_all(struct contenders *contenders, const struct models *models);
void contenders_release(struct contenders *contenders);

/*
 * What the contender's server is given for this scenario, in the order of the model's
 * own table: its own option, else the scenario's, where the model declares it. Calls
 * `take` with each option and its value.
 */
void contender_options(const struct contender *contender, const cJSON *model,
                       const struct scenario *scenario,
                       void (*take)(void *context, const char *name, const char *value),
                       void *context);

/* The value of an option as the server will have it, its default included, or NULL. */
const char *contender_option(const struct contender *contender, const cJSON *model,
                             const struct scenario *scenario, const char *name);

#endif
