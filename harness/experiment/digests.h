/*
 * digests.h - what the replies to a path have to say: the Interleave-Digest of our own
 * servers, found before the trials, for every path that a reference is asked for too.
 *
 * The generator then holds the replies of every server against it, so that references
 * are known to have done the same work and not only the same work every time.
 */
#ifndef HARNESS_DIGESTS_H
#define HARNESS_DIGESTS_H

#include <cjson/cJSON.h>

#include "base/error.h"
#include "record/contender.h"
#include "workload/scenario.h"

/* Zero-initialised it is empty. */
struct digests {
    cJSON *by_path; /* its digest, or null until it is found */
};

/* Notes the paths of this point, with its calibrated work, that a reference, the model,
 * will be asked for: to hold ours to them, too. */
void digests_want(struct digests *digests, const struct scenario *point,
                  const struct model *model);

/* Asks a server of ours for them all. 0, -EINTR, or -errno. */
MUST_CHECK int digests_find(struct digests *digests, const struct models *models,
                            struct error *error);

/* Sets those that are known and that the model has to send, where the scenario does not
 * give one itself. */
void digests_apply(const struct digests *digests, struct scenario *point,
                   const struct model *model);
void digests_release(struct digests *digests);

#endif
