/*
 * ranking.h - who is the best in a cell of the comparison, and who is shown to be as good
 * or to be behind.
 *
 * The contest of a cell: the p99 of the requests without CPU steps where there are
 * classes, else throughput, and in an open loop p99. A model is out of it with invalid
 * trials, more than 1 % of errors, or starved connections. Figures that are bounds are
 * held against others for what they prove and no more.
 *
 * Words take RANKING_LEAST_TRIALS trials of each: with twelve identical models, a noise
 * of 3 % and one trial, half of them would come out as behind. With fewer there is an
 * order, and figures. From then on, by the ratio to the best, paired by block, of which
 * the best one has 1:
 *
 *   as good   shown to be above 1 - delta
 *   behind    shown to be below 1 - delta
 *   open      neither
 *
 * by one-sided t tests of the mean log ratio at 5 %, corrected for the number of models
 * in the cell (S. Holm, "A simple sequentially rejective multiple test procedure", 1979).
 *
 * A cell counts only if every contender that this machine can run has a figure in it.
 */
#ifndef ANALYSIS_RANKING_H
#define ANALYSIS_RANKING_H

#include "analysis/comparison.h"

#define RANKING_LEAST_TRIALS  6
#define RANKING_LEVEL         0.05
#define RANKING_DELTA         0.05 /* of throughput */
#define RANKING_DELTA_LATENCY 0.10
#define RANKING_MAX_ERRORS    0.01

enum standing {
    STANDING_OUT,  /* no part in the contest */
    STANDING_NONE, /* too few trials for words */
    STANDING_BEST,
    STANDING_AS_GOOD,
    STANDING_OPEN,
    STANDING_BEHIND,
};
extern const char *const standing_words[]; /* "", "", "best", "as good", ... */

/* By what the models of a row's cell are held against each other. */
struct figure ranking_contest(const struct comparison *comparison,
                              const struct row *cell);

/* Whether the row has figures that may be used: valid ones, or lower bounds. */
bool ranking_is_measured(const struct row *row);
bool ranking_takes_part(const struct row *row);

/* The row with the best figure among those that take part, or NULL. */
const struct row *ranking_best(const struct comparison *comparison,
                               const struct row *cell, struct figure contest);

/* The row's figure as a share of the best one's, more being better. */
double ranking_share(const struct row *row, const struct row *best,
                     struct figure contest);

/* The standing of each row of the cell that begins at `cell`, `count` of them. */
void ranking_standings(const struct comparison *comparison, const struct row *cell,
                       size_t count, enum standing *standings);

/* Rows of the cell that begins at `cell`. */
size_t ranking_cell_size(const struct comparison *comparison, const struct row *cell);

/* Why the cell does not count: the first row without figures that may be used, or with
 * fewer than `least` trials; NULL: it counts. */
const struct row *ranking_gap(const struct row *cell, size_t count, size_t least);

#endif
