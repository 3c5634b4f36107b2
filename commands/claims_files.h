/*
 * claims_files.h - where the claims are, and the reading of them beside the scenarios
 * that they are about.
 */
#ifndef COMMANDS_CLAIMS_FILES_H
#define COMMANDS_CLAIMS_FILES_H

#include "base/error.h"
#include "record/claims.h"

/* Reads and checks `path`; NULL: claims.json in `folder`, the scenarios' (NULL: see
 * harness/experiment/scenario_files.h). On failure nothing is left to release. */
MUST_CHECK int claims_read_checked(struct claims *claims, const char *path,
                                   const char *folder, struct error *error);

#endif
