/*
 * models.h - the models that a run knows: those of this program, by their descriptors,
 * and those that come as descriptions, which are JSON objects:
 *
 * {
 *   "name": "nginx", "summary": "...",
 *   "flags": ["reference", "proxy", "loop"],      words of model_flag_words
 *   "options": [{"name", "help", "value", "default", "choices"}],
 *   "marks": true,                                SIGUSR2 begins and ends the window
 *   "version": "nginx/1.22.1",
 *   "supported": true, "why": null                or why it does not run here
 * }
 *
 * `interleave models --json` prints such descriptions, config.json keeps those of its
 * run, and a server that this project did not write has one made from its file, with more
 * members that only harness/third_party reads. All of them are struct models to everybody
 * else. An option in a description has the role that ours of the same name has.
 *
 * Thread-safety: models belong to one thread.
 */
#ifndef RECORD_MODELS_H
#define RECORD_MODELS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "servers/model.h"

/* A model as a description tells it. */
struct described_model {
    struct model model; /* its texts belong to the description */
    struct field *options;
    cJSON *description; /* owned */
};

struct known_model {
    const struct model *model;         /* stays where it is */
    struct described_model *described; /* owned, and what `model` is of; NULL: ours */
};

struct models {
    struct known_model *items; /* in the order of every table */
    size_t count;
};

/* Adds all models of this program. */
void models_add_ours(struct models *models);

/* Adds one, taking the description over. */
const struct model *models_add_described(struct models *models, cJSON *description);

/* Reads the descriptions of an array anew; what is no array is none. */
void models_from_json(struct models *models, const cJSON *array);

/* The array of their descriptions. Whether ours run here is found out at this moment. */
cJSON *models_to_json(const struct models *models);
cJSON *model_to_json(const struct model *model);

/* "flags" of a description. */
void model_add_flags(cJSON *description, unsigned flags);

void models_remove(struct models *models, size_t index);
void models_release(struct models *models);

/* By name, or NULL. */
const struct model *models_find(const struct models *models, const char *name);

/* After "version", "supported" and "why" were set in its description. */
void described_model_update(struct described_model *described);

/* The description of a model that was made from one. */
const cJSON *model_description(const struct model *model);

/* "model", "reference", "reference, proxy" or, if all that it does is to send the
 * greeting, "reference, plaintext": what can be compared with what. */
const char *model_kind(const struct model *model);

/* Its row's name where tables tell models and references apart, on the heap. */
char *model_title(const struct model *model, const char *label);

#endif
