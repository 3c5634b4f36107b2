/*
 * contender.h - the contenders of a run: a model with options of its own, written
 * "model:option=value:option=value". The contender's text is its row in the table.
 *
 * Options are checked against the model's table and asked for by their roles.
 */
#ifndef RECORD_CONTENDER_H
#define RECORD_CONTENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "record/models.h"
#include "workload/scenario.h"

struct option_setting {
    const struct field *option; /* of the model */
    char *value;                /* as it was written */
};

struct contender {
    char *label;               /* as it was written; of a twin with CONTENDER_AGAIN */
    const struct model *model; /* outlives the contender */
    struct option_setting *options;
    size_t option_count;
    bool again; /* the A/A twin of another: it has a part in the noise, and in nothing
                   else that is judged or shown */
};

/* Behind the label of a twin: "event-loop (again)". */
#define CONTENDER_AGAIN " (again)"

/* By name, or NULL and a message that may suggest another. */
const struct model *models_choose(const struct models *models, const char *name,
                                  struct error *error);

/* Whether an option takes the value: 0, or -EINVAL and what it takes. */
MUST_CHECK int option_check(const struct field *option, const char *value,
                            struct error *error);

/* Checks the model, its options and their values; suggests what may be meant. */
MUST_CHECK int contender_parse(struct contender *contender, const char *label,
                               const struct models *models, struct error *error);
void contender_release(struct contender *contender);

struct contenders {
    struct contender *items;
    size_t count;
};

/* Adds one, unless a contender with that label is there already; *index is its place. */
MUST_CHECK int contenders_add(struct contenders *contenders, const char *label,
                              const struct models *models, size_t *index,
                              struct error *error);

/* Adds the twin of the contender at `of`, unless it is there already; its place. */
size_t contenders_add_twin(struct contenders *contenders, size_t of,
                           const struct models *models);
void contenders_release(struct contenders *contenders);

/*
 * What the contender's server is given for this scenario, in the order of the model's
 * own table: its own option, else the scenario's, where the model declares it. Calls
 * `take` with each option and its value.
 */
void contender_options(const struct contender *contender, const struct scenario *scenario,
                       void (*take)(void *context, const char *name, const char *value),
                       void *context);

/* The value of an option of its model as the server will have it, its default included;
 * NULL: it has none. */
const char *contender_value(const struct contender *contender,
                            const struct scenario *scenario, const struct field *option);

/* Whether its model has an option with this role. */
bool contender_has(const struct contender *contender, enum option_role role);

/* The number that its option with this role counts; `otherwise` where there is no such
 * option, or a word ("cores") in place of a number. */
uint64_t contender_count(const struct contender *contender,
                         const struct scenario *scenario, enum option_role role,
                         uint64_t otherwise);

/* Its option's choice as an index into option_role_words[role], or -1. */
int contender_choice(const struct contender *contender, const struct scenario *scenario,
                     enum option_role role);

#endif
