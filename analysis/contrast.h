/*
 * contrast.h - two sides held against each other, figure by figure, as ratios A/B with
 * 95 % intervals (analysis/ratio.h).
 *
 *   contenders   of one run: paired by block, so that what happened to a block of trials
 *                happened to both. By turns (analysis/slice_ratio.h) a block is a pair of
 *                processes
 *   runs         a cell of one with the same cell of another: independent samples with
 *                variances of their own, Welch's t over the logarithms. What has changed
 * on the machine in between is in the ratio; absolute figures of different machines have
 * none. By turns each side is a ratio itself, that of a contender to the first one of its
 * cell: it is their quotient loads        results of the load generator: one figure each.
 * Within one a quantile is known as well as its samples tell, how runs differ from one
 * another is not, so that the ratio has no interval
 *
 * An interval takes RANKING_LEAST_TRIALS blocks of each side. Means over cells are
 * geometric, block by block.
 */
#ifndef ANALYSIS_CONTRAST_H
#define ANALYSIS_CONTRAST_H

#include "analysis/contrast_pairs.h"
#include "analysis/equivalence.h"

enum contrast_kind { CONTRAST_CONTENDERS, CONTRAST_RUNS, CONTRAST_LOADS };

/* Which figures and scenarios. */
struct contrast_selection {
    bool metrics[METRIC_COUNT];    /* of all requests */
    bool of_classes[METRIC_COUNT]; /* of each class */
    const struct words *scenarios; /* names; empty: all */
};
/* The metrics that have ratios in every table; of classes those with a column there. */
void contrast_select_default(struct contrast_selection *selection);

struct contrast_side {
    double value;             /* the median over trials, the figure of a load; by turns a
                               * ratio to the first contender */
    struct interval interval; /* of it */
    enum bound bound;
    size_t trials; /* that have it, 0: none */
};

struct contrast_line {
    const struct row *row; /* A's: scenario, point, contender. NULL: a load, a mean */
    const char *to; /* runs by turns: to whom the sides are ratios; NULL: they are none */
    size_t cells;   /* of a mean, else 1 */
    enum metric_id metric;
    const char *class_name; /* NULL: all requests */
    struct contrast_side a, b;
    /* Of A/B. `gap` says why it is not known, and then `ratio` is NAN. */
    const char *gap;
    size_t trials_a, trials_b; /* behind it; of pairs both are their number */
    struct log_ratio log;
    double ratio;
    struct interval interval;
    enum bound bound;
    /* By turns: of the first contender against itself, 95 %, come about in the same way.
     */
    struct interval noise;
    bool disagree; /* of pairs: Wilcoxon's interval says otherwise (analysis/ratio.h) */
    enum range_answer answer; /* of contrast_judge: RANGE_OUTSIDE is a regression */
};

struct contrast {
    enum contrast_kind kind;
    bool by_turns;
    struct contrast_line *lines; /* by cell and contender in A's order, then by figure */
    size_t line_count;
    struct contrast_line *means; /* of each figure, over the cells that have its ratio */
    size_t mean_count;
    struct words unpaired; /* rows without a counterpart, or without figures, and why */
};

/* Two contenders by their labels. 0, or -EINVAL: one took no part, or by turns they never
 * met. What lines point to is the comparison's. */
MUST_CHECK int contrast_of_contenders(struct contrast *contrast,
                                      const struct comparison *comparison, const char *a,
                                      const char *b,
                                      const struct contrast_selection *selection,
                                      struct error *error);

/* Without `same_machine` no line has a ratio, but by turns. 0, or -EINVAL: one run is by
 * turns, the other is not. */
MUST_CHECK int contrast_of_runs(struct contrast *contrast, const struct comparison *a,
                                const struct comparison *b, bool same_machine,
                                const struct contrast_selection *selection,
                                struct error *error);

void contrast_of_loads(struct contrast *contrast, struct load_result *a,
                       struct load_result *b, const struct contrast_selection *selection);

void contrast_release(struct contrast *contrast);

/* By turns half the width of `noise`, as a share: exp(t s / sqrt(R)) - 1 as in
 * analysis/noise_floor.h. NAN: not known. */
double contrast_noise_floor(const struct contrast_line *line);

/* What the interval shows A to be: "better", "worse", "more", "less"; "~" where no
 * difference is shown, or by turns none beyond the noise floor; "suspect" where the first
 * contender is shown to differ from itself; "" where there is no interval. */
const char *contrast_word(const struct contrast_line *line);

/*
 * Whether A is worse than B by more than `threshold`, 0.05 for 5 %: in throughput below
 * 1 - threshold, in latency or CPU time above 1 + threshold. One-sided t tests at 5 %,
 * corrected for their number by Holm's procedure. RANGE_OUTSIDE: it is; RANGE_WITHIN: it
 * is not; RANGE_NOT_TOLD: neither is shown, or by turns the instrument is suspect, or the
 * difference is not beyond the noise floor. Figures that are neither better nor worse are
 * not judged.
 */
void contrast_judge(struct contrast *contrast, double threshold);

/* Whether the line is one that is judged at all. */
bool contrast_is_judged(const struct contrast_line *line);

#endif
