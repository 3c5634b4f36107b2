/*
 * shipped.h - servers that this project did not write, among the models of a run:
 * those that come with the program (servers/reference/) by their names, others by
 * their files.
 */
#ifndef HARNESS_SHIPPED_H
#define HARNESS_SHIPPED_H

#include "base/error.h"
#include "record/contender.h"

/* Adds those that come with the program; where their folder is missing, none. */
MUST_CHECK int references_add_shipped(struct models *models, struct error *error);

/* Adds the one of a file; *name, its name, lives as long as the models. */
MUST_CHECK int references_add_file(struct models *models, const char *path,
                                   const char **name, struct error *error);

/* Looks each one up on this machine. */
void references_look_up(struct models *models);

/* Looks those up again that were there when the run was begun: -EINVAL where one has
 * gone, or has another version. */
MUST_CHECK int references_look_again(struct models *models, struct error *error);

/* Takes those out of the models that no contender is of. */
void references_keep_used(struct models *models, const struct contenders *contenders);

#endif
