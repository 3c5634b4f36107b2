/*
 * contrast_pairs.h - which rows of two sides are held against each other, and why others
 * are not.
 *
 * A run by turns (analysis/slice_ratio.h) knows of contenders only how they did against
 * the first one of their cell. Two contenders of it are held against each other where one
 * of them is that one, in whichever order; runs by the ratio of each other one to it.
 */
#ifndef ANALYSIS_CONTRAST_PAIRS_H
#define ANALYSIS_CONTRAST_PAIRS_H

#include "analysis/block_logs.h"

struct contrast_pair {
    struct block_source a, b;
};

struct contrast_pairs {
    struct contrast_pair *items; /* in the order of A's rows */
    size_t count;
    struct words unpaired; /* rows without a counterpart, or without figures, and why */
};

/* Two contenders by their labels, in these scenarios (none: in all). 0, or -EINVAL: one
 * took no part, or by turns they never met. What pairs point to is the comparison's. */
MUST_CHECK int contrast_pairs_of_contenders(struct contrast_pairs *pairs,
                                            const struct comparison *comparison,
                                            const char *a, const char *b,
                                            const struct words *scenarios,
                                            struct error *error);

/* 0, or -EINVAL: one run is by turns, the other is not. */
MUST_CHECK int contrast_pairs_of_runs(struct contrast_pairs *pairs,
                                      const struct comparison *a,
                                      const struct comparison *b,
                                      const struct words *scenarios, struct error *error);

void contrast_pairs_release(struct contrast_pairs *pairs);

/* Whether the run is one by turns. */
bool comparison_is_by_turns(const struct comparison *comparison);

#endif
