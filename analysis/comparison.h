/*
 * comparison.h - what a run has found: one row per scenario, point and contender, with
 * the median of each figure over the trials, its interval where there are enough of
 * them (METHOD 2.2), and what theory expects.
 *
 * Only trials that no flag calls invalid count. Where none is left, the row is built
 * from the invalid ones and says so. A row without trials says why there are none.
 */
#ifndef ANALYSIS_COMPARISON_H
#define ANALYSIS_COMPARISON_H

#include <cjson/cJSON.h>

#include "analysis/metrics.h"
#include "analysis/statistics.h"
#include "analysis/theory.h"
#include "base/error.h"
#include "record/experiment.h"
#include "record/work_calibration.h"

/* A figure over the trials of a row. */
struct estimate {
    size_t count; /* trials that have it */
    double median, least, greatest;
    struct interval interval; /* of the median */
    bool at_least;            /* in some trial it is a lower bound */
};

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
    struct estimate estimates[CLASS_METRIC_COUNT];
};

struct row {
    const struct scenario *scenario;
    const char *value; /* of the sweep, or NULL */
    const struct contender *contender;
    enum row_status status;
    bool lower_bound;     /* invalid only in that the generator was the limit: the server
                             can do at least this much */
    char *why;            /* failure, flags or skip_reason; NULL where all is well */
    const cJSON **trials; /* all of this row, failed and invalid ones too */
    size_t trial_count;
    const cJSON **used; /* those that the figures are made of */
    size_t used_count;
    struct estimate estimates[METRIC_COUNT];
    const struct row *base; /* the first row of its cell that has figures, or NULL */
    struct ratio cpu_ratio; /* CPU per request, of this row to that of `base` */
    struct row_class *classes;
    size_t class_count;
    struct prediction predictions[THEORY_MOST];
    size_t prediction_count;
};

struct comparison {
    struct experiment run;
    struct work_calibration calibration;
    cJSON *manifest;
    cJSON **trials; /* every trial.json of the run */
    size_t trial_count;
    struct row *rows; /* by scenario, point, contender, in the order of the run */
    size_t row_count;
};

/* Reads a folder of results. On failure nothing is left to release. */
MUST_CHECK int comparison_read(struct comparison *comparison, const char *path,
                               struct error *error);
void comparison_release(struct comparison *comparison);

/* The prediction for a metric of this row, or NULL. */
const struct prediction *row_prediction(const struct row *row, const char *metric);

/* The row of the same cell with this contender, or NULL. */
const struct row *comparison_find(const struct comparison *comparison,
                                  const struct row *cell,
                                  const struct contender *contender);

/* Whether two rows are of the same scenario and point. */
bool row_same_cell(const struct row *a, const struct row *b);

/*
 * Ratio a/b of a metric, paired by block over the trials that both rows use, with the
 * interval at `confidence`.
 */
struct ratio row_ratio(const struct row *a, const struct row *b,
                       double (*read)(const cJSON *trial, const void *context),
                       const void *context, double confidence);

#endif
