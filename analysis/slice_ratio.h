/*
 * slice_ratio.h - the ratio of two contenders that had the load by turns
 * (workload/slicing.h).
 *
 * The unit is the pair of processes: a process has something of its own that all its
 * slices share (where its memory lies, how its threads were spread), so that slices of
 * one pair do not count as independent. Of each pair there is one value, the mean over
 * its turns of ln(second / first), and the interval is Student's over the pairs. How far
 * the turns within a pair lie apart is told beside it.
 *
 * In each turn both servers have one slice, one right after the other: what changes in
 * the machine over more than a second is in both, and falls out of the quotient.
 */
#ifndef ANALYSIS_SLICE_RATIO_H
#define ANALYSIS_SLICE_RATIO_H

#include "analysis/metrics.h"
#include "analysis/noise_floor.h"
#include "analysis/ratio.h"
#include "record/results.h"

/* The figures that slices have, as enum metric_id; METRIC_COUNT ends the list. */
extern const enum metric_id slice_metrics[];

/* Of a slice; NAN: it has not enough samples, or no such figure. */
double slice_read(const struct slice *slice, enum metric_id metric);

/*
 * The logarithm of second / first of a pair of processes: the mean over its turns. A turn
 * counts if both of its slices are valid, or in any case (`all`); NAN where one of these
 * has no such figure, or there is none. `turns`, unless NULL, gets their values, at least
 * `slice_count` / 2 places, and `count` how many they are.
 */
double slice_pair_log(const struct slice_series *series, enum metric_id metric, bool all,
                      double *turns, size_t *count);

/* What slice_pair_log is the ratio of: the figure of one of the two servers, its
 * geometric mean over the turns that are valid; NAN as there. */
double slice_pair_figure(const struct slice_series *series, enum metric_id metric,
                         enum slice_side side);

/* Where two contenders met. */
struct slice_cell {
    const char *scenario, *value; /* names; `value` of the sweep, or NULL */
    const char *first, *second;   /* labels; the same: what differs is noise */
};

/* Whether a trial is a pair of processes of this cell. */
bool slice_cell_holds(const struct slice_cell *cell, const struct trial_record *trial);

/*
 * slice_pair_log of each pair of processes of the cell that slice_ratio_of uses and that
 * has the figure, and the blocks that they are of; how many they are. Both arrays have
 * room for all trials.
 */
size_t slice_pair_logs(const struct results *results, const struct slice_cell *cell,
                       enum metric_id metric, double *logs, uint64_t *blocks);

/* "2 pairs of processes must not be used: contention, steal", on the heap; NULL: all of
 * the cell's may be used. */
char *slice_cell_unused(const struct results *results, const struct slice_cell *cell);

/* Made of the valid pairs of processes alone. Where none is valid it is made of the
 * others, and says so. */
struct slice_ratio {
    size_t pairs;             /* of processes that have the figure */
    size_t turns;             /* of these pairs, in all */
    size_t unused;            /* pairs that are not used: failed, or a flag forbids it */
    bool invalid;             /* it is made of pairs whose use a flag forbids */
    struct log_ratio log;     /* of second / first */
    double value;             /* exp(log.mean) */
    struct interval interval; /* of value, at the confidence that was asked for */
    double spread, turn_spread; /* standard deviations of the logarithms: over pairs, and
                                 * over the turns within a pair; NAN: too few */
};

/* The ratio second / first of a metric in this cell. */
struct slice_ratio slice_ratio_of(const struct results *results,
                                  const struct slice_cell *cell, enum metric_id metric,
                                  double confidence);

/* The noise floor of the cell: of its first contender against itself; by the same rule,
 * so that it is there wherever the ratio is. */
struct noise_floor slice_noise_of(const struct results *results,
                                  const struct slice_cell *cell, enum metric_id metric);

#endif
