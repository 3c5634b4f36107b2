/*
 * scenario_files.h - where the scenario files are, and the reading of those that a
 * user names.
 */
#ifndef HARNESS_SCENARIO_FILES_H
#define HARNESS_SCENARIO_FILES_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "record/models.h"
#include "workload/scenario.h"

struct scenarios {
    struct scenario *items;
    char **paths; /* where each was read */
    size_t count;
    const struct models *models; /* that they were checked against, or NULL */
};

/*
 * Reads the scenarios named by `words`: names of files in the folder, or paths (with
 * a slash or ending in ".json"). None, or NULL: all of the folder, from the plainest
 * family to the most mixed. `folder` NULL: ./scenarios, or else the one that was
 * installed or built with this program. `models` NULL: they are listed only, and checked
 * as far as their files alone tell. 0 or -EINVAL or -errno; on failure nothing is left
 * to release.
 */
MUST_CHECK int scenarios_read(struct scenarios *scenarios, const char *folder,
                              const struct words *words, const struct models *models,
                              struct error *error);
void scenarios_release(struct scenarios *scenarios);

/* Leaves only those that a run of this profile (enum profile_name) takes unasked. */
void scenarios_keep_profile(struct scenarios *scenarios, int profile);

#endif
