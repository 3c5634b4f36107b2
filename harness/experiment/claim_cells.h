/*
 * claim_cells.h - what has to be measured to judge claims: scenarios, points of their
 * sweeps, and contenders.
 */
#ifndef HARNESS_CLAIM_CELLS_H
#define HARNESS_CLAIM_CELLS_H

#include <stdbool.h>

#include "base/text.h"
#include "record/claims.h"
#include "record/experiment.h"

/* Adds the names of the scenarios that they read, each once. */
void claims_add_scenarios(const struct claims *claims, struct words *names);

/* Adds the contenders that they read in a scenario, each once. */
void claims_add_contenders(const struct claims *claims, const char *scenario,
                           struct words *labels);

/* Leaves the points of its sweep that they read; all where one of them leaves it open.
 * The quick profile has the same. */
void claims_keep_points(const struct claims *claims, struct scenario *scenario);

/* Whether a run (struct experiment) has all that a claim reads; by turns all that it asks
 * for (claim_turns.h). For claims_keep. */
bool claim_is_of_run(const void *context, const struct claim *claim);

#endif
