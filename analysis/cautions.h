/*
 * cautions.h - what has to be borne in mind with the figures of a scenario, although each
 * of them is right: sentences to stand below its table.
 */
#ifndef ANALYSIS_CAUTIONS_H
#define ANALYSIS_CAUTIONS_H

#include "analysis/comparison.h"

/* Adds those for the rows of a scenario, `count` of them one after another. */
void cautions_add(const struct comparison *comparison, const struct row *rows,
                  size_t count, struct words *lines);

/* Whether p99 of the cell hangs on too few moments to lead: on fewer than the independent
 * samples that a p99 needs. Mean and p50 hang on more. */
bool caution_p99_is_of_few(const struct comparison *comparison, const struct row *cell);

#endif
