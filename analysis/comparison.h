/*
 * comparison.h - what a run has found: one row per scenario, point and contender, with
 * the median of each figure over the trials, its interval where there are enough of
 * them, and what theory expects. Every figure that is printed, drawn or judged is one of
 * these estimates.
 *
 * Only trials that no flag calls invalid count. Where none is left, the row is built
 * from the invalid ones and says so. A row without trials says why there are none.
 */
#ifndef ANALYSIS_COMPARISON_H
#define ANALYSIS_COMPARISON_H

#include "analysis/metrics.h"
#include "analysis/ratio.h"
#include "analysis/statistics.h"
#include "analysis/theory.h"
#include "record/results.h"

/* A figure over the trials of a row. */
struct estimate {
    size_t count; /* trials that have it */
    double median, least, greatest;
    struct interval interval; /* of the median */
    enum bound bound;         /* what it proves */
};

/* Whether there is a figure, and it proves something. */
bool estimate_is_usable(const struct estimate *estimate);

enum row_status {
    ROW_MEASURED,
    ROW_INVALID,      /* every measured trial has a flag that forbids its use */
    ROW_FAILED,       /* no trial could be measured */
    ROW_NOT_TESTABLE, /* this machine lacks what it needs */
    ROW_MISSING,      /* not measured yet: the run was interrupted */
};
extern const char *const row_status_names[];

struct row_class {
    const char *name; /* in the scenario */
    struct estimate estimates[METRIC_COUNT];
};

struct row {
    const struct scenario *scenario;
    const char *value; /* of the sweep, or NULL */
    const struct contender *contender;
    /* By turns: the first contender of the cell, which this one had the load with. Trials
     * are pairs of both, and there are no estimates: analysis/slice_ratio.h has their
     * ratio. NULL: it had the load alone. */
    const struct contender *against;
    enum row_status status;
    bool lower_bound; /* the generator was the limit, and nothing else is wrong: figures
                         prove what metrics.def says of such ones (if_limited) */
    char *why;        /* failure, flags or skip_reason; NULL where all is well */
    char *remarks;    /* flags that are warnings, or tolerated; NULL: none */
    const struct trial_record **trials; /* all of this row, failed and invalid, too */
    size_t trial_count;
    const struct trial_record **used; /* those that the figures are made of */
    size_t used_count;
    struct estimate estimates[METRIC_COUNT];
    struct row_class *classes;
    size_t class_count;
    struct prediction predictions[THEORY_MAX];
    size_t prediction_count;
};

struct comparison {
    const struct results *results; /* outlive the comparison */
    struct row *rows;              /* by scenario, point, contender, in the run's order */
    size_t row_count;
    struct row *twins; /* A/A: those of contenders that are run again, likewise */
    size_t twin_count;
};

/* Compares what the results hold. Release it before them. */
void comparison_make(struct comparison *comparison, const struct results *results);
void comparison_release(struct comparison *comparison);

/* A figure of the row. */
const struct estimate *row_estimate(const struct row *row, struct figure figure);

/* The prediction for a figure of this row, or NULL. */
const struct prediction *row_prediction(const struct row *row, struct figure figure);

/* The row of the same cell with this contender, or NULL. */
const struct row *comparison_find(const struct comparison *comparison,
                                  const struct row *cell,
                                  const struct contender *contender);

/* Whether two rows are of the same scenario and point. */
bool row_same_cell(const struct row *a, const struct row *b);

/* The one of its used trials that is of this block, or NULL. */
const struct trial_record *row_trial_of_block(const struct row *row, uint64_t block);

/*
 * The values of a figure in each block in which both rows use a trial; how many there
 * are. The arrays have room for the trials that `a` uses; `blocks` may be NULL.
 */
size_t row_pairs(const struct row *a, const struct row *b, struct figure figure,
                 double *left, double *right, uint64_t *blocks);

/* The ratio a/b of these, with the interval at `confidence`. */
struct ratio row_ratio(const struct row *a, const struct row *b, struct figure figure,
                       double confidence);

#endif
