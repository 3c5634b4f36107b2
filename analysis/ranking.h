/*
 * ranking.h - who is the best in a cell of the comparison, and who is shown to be as good
 * or to be behind.
 *
 * The contest of a cell: the rate that kept the objective where it was searched for; the
 * p99 of the requests without CPU steps where there are classes; else throughput, and in
 * an open loop p99. A model is out of it with a figure
 * that proves nothing, more than 1 % of errors, or starved connections. Figures that are
 * bounds (analysis/bound.h) are held against others for what they prove and no more: who
 * may be better than is known is never behind, and beside him nobody is best or as good.
 *
 * Words take RANKING_LEAST_TRIALS trials of each: with twelve identical models, a noise
 * of 3 % and one trial, half of them would come out as behind. Where the best one has
 * fewer there is an order, and figures; another that has fewer is open. From then on, by
 * the ratio to the best, paired by block, of which the best one has 1:
 *
 *   as good   shown to be above 1 - delta
 *   behind    shown to be below 1 - delta
 *   open      neither
 *
 * by one-sided t tests of the mean log ratio at 5 %, corrected for the number of models
 * in the cell (S. Holm, "A simple sequentially rejective multiple test procedure", 1979).
 *
 * A cell counts only if every contender that this machine can run has the figure that
 * decides it, or is out for the requests that it lost.
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

bool ranking_takes_part(const struct row *row, struct figure contest);

/* The row with the best figure among those that take part and may not be worse, or
 * NULL. */
const struct row *ranking_best(const struct comparison *comparison,
                               const struct row *cell, struct figure contest);

/* The figure of a row that takes part as a share of the best one's, more being better. */
struct share {
    double value;
    enum bound bound;
};
struct share ranking_share(const struct comparison *comparison, const struct row *row,
                           const struct row *best, struct figure contest);

/* A figure of the row to that of the best row of its cell, block by block. */
struct best_ratio {
    const struct row *best; /* NULL: none, or the figures prove nothing of it */
    struct ratio ratio;
    enum bound bound;
};
struct best_ratio ranking_ratio(const struct comparison *comparison,
                                const struct row *row, struct figure figure);

/* The standing of each row of the cell that begins at `cell`, `count` of them. */
void ranking_standings(const struct comparison *comparison, const struct row *cell,
                       size_t count, enum standing *standings);

/* Rows of the cell that begins at `cell`. */
size_t ranking_cell_size(const struct comparison *comparison, const struct row *cell);

/* Why the cell that begins at `cell` does not count: the first row without a figure that
 * may be used, or the best one if it has fewer than `least` trials; NULL: it counts. */
const struct row *ranking_gap(const struct comparison *comparison, const struct row *cell,
                              size_t least);
char *ranking_gap_reason(const struct row *gap, struct figure contest); /* on the heap */

#endif
