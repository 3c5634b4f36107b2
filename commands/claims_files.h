/*
 * claims_files.h - where the claims are, and the reading of them beside the scenarios
 * that they are about.
 */
#ifndef COMMANDS_CLAIMS_FILES_H
#define COMMANDS_CLAIMS_FILES_H

#include "base/error.h"
#include "base/text.h"
#include "record/claims.h"
#include "workload/slicing.h"

/* Reads and checks `path`; NULL: claims.json in `folder`, the scenarios' (NULL: see
 * harness/experiment/scenario_files.h). On failure nothing is left to release. */
MUST_CHECK int claims_read_checked(struct claims *claims, const char *path,
                                   const char *folder, struct error *error);

/* Those that a run is asked for, by ids or numbers with commas, or "all"; checked.
 * Without any: all of the file as it is, or none where there is no file. */
MUST_CHECK int claims_read_asked(struct claims *claims, const struct words *asked,
                                 const char *folder, struct error *error);

/* Leaves those of checked ones that are told by turns; `note`, on the heap, tells which
 * (harness/experiment/claim_turns.h). -EINVAL: there is none, and then nothing is left to
 * release. */
MUST_CHECK int claims_take_by_turns(struct claims *claims, const char *folder,
                                    const struct slicing *slicing, char **note,
                                    struct error *error);

#endif
