/*
 * reproduction.h - whether a run finds again what another one has found, which may have
 * been on another machine: only ratios of contenders are held against each other, never
 * absolute figures.
 *
 * In each cell the best contender of the reference, by the figure that decides the cell
 * (analysis/ranking.h), is what all others are held against. Of each headline figure D =
 * ln ratio here - ln ratio there has Welch's interval (analysis/ratio.h), and is held
 * against a factor of 1 + delta either way:
 *
 *   reproduced       shown to be within it (two one-sided t tests at 5 %)
 *   contradicted     shown to be outside (at 5 % over all ratios, by Holm's procedure)
 *   direction only   neither, and both ratios are shown to be on the same side of 1
 *   inconclusive     nothing of that; or too few trials for words on either side
 *
 * A ratio that cannot be had here is not testable, or not evaluated, and says why.
 */
#ifndef ANALYSIS_REPRODUCTION_H
#define ANALYSIS_REPRODUCTION_H

#include "analysis/reference.h"
#include "record/verdicts.h"

#define REPRODUCTION_LEVEL         0.05
#define REPRODUCTION_DELTA         0.10 /* of throughput and CPU time */
#define REPRODUCTION_DELTA_LATENCY 0.20

enum reproduction_word {
    REPRODUCTION_REPRODUCED,
    REPRODUCTION_DIRECTION_ONLY,
    REPRODUCTION_CONTRADICTED,
    REPRODUCTION_INCONCLUSIVE,
    REPRODUCTION_NOT_TESTABLE,
    REPRODUCTION_NOT_EVALUATED,
    REPRODUCTION_WORDS
};
extern const char *const reproduction_words[];

struct reproduced_ratio {
    const struct row *row, *to; /* here; `to` was the best of the cell there */
    struct figure figure;
    struct ratio here, there; /* with 95 % intervals */
    struct log_ratio difference;
    struct interval factor; /* here/there, 90 % */
    double delta;
    enum reproduction_word word;
    char *why;            /* NULL: the figures say it */
    double blocks_needed; /* here, to settle an open one; NAN: not known, INFINITY: none
                             will, the reference itself is not precise enough */
};

struct reproduction {
    struct reproduced_ratio *ratios;
    size_t count;
};

/* What lines point to is the comparison's. */
void reproduction_make(struct reproduction *reproduction,
                       const struct comparison *comparison,
                       const struct reference *reference);
void reproduction_release(struct reproduction *reproduction);

/* What is found of a claim: reproduced where both runs answer it alike, contradicted
 * where one supports and the other refutes it. `there` NULL: the reference has no verdict
 * on it. */
enum reproduction_word reproduction_of_verdicts(const struct claim_verdict *here,
                                                const struct claim_verdict *there);

size_t reproduction_count(const struct reproduction *reproduction,
                          enum reproduction_word word);

#endif
