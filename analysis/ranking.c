/* ranking.c - see ranking.h. */
#include "analysis/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/path_times.h"
#include "base/text.h"

const char *const standing_words[] = {
    [STANDING_OUT] = "",      [STANDING_NONE] = "",
    [STANDING_BEST] = "best", [STANDING_AS_GOOD] = "as good",
    [STANDING_OPEN] = "open", [STANDING_BEHIND] = "behind"};

struct figure ranking_contest(const struct comparison *comparison, const struct row *cell)
{
    const struct workload *workload = &cell->scenario->workload;
    if (workload_seeks_capacity(workload))
        return (struct figure){METRIC_CAPACITY_KEPT, ALL_REQUESTS};
    for (size_t i = 0; cell->class_count > 1 && i < workload->request_count; i++) {
        struct path_times times;
        int class_index =
            workload_class_index(workload, workload->requests[i].class_name);
        if (class_index != ALL_REQUESTS &&
            path_times_read(&times, workload->requests[i].path,
                            manifest_calibration(&comparison->results->manifest)) &&
            times.cpu == 0)
            return (struct figure){METRIC_LATENCY_P99, class_index};
    }
    return (struct figure){workload_is_open(workload) ? METRIC_LATENCY_P99
                                                      : METRIC_THROUGHPUT,
                           ALL_REQUESTS};
}

static bool is_latency(struct figure contest)
{
    return metrics[contest.metric].latency_key != NULL;
}

static bool loses_requests(const struct row *row)
{
    const struct estimate *errors = &row->estimates[METRIC_ERROR_SHARE];
    const struct estimate *starved = &row->estimates[METRIC_STARVED];
    return (estimate_is_usable(errors) && errors->median > RANKING_MAX_ERRORS) ||
           (estimate_is_usable(starved) && starved->median > 0);
}

bool ranking_takes_part(const struct row *row, struct figure contest)
{
    return estimate_is_usable(row_estimate(row, contest)) && !loses_requests(row);
}

/* More is better. */
static double score_of(const struct row *row, struct figure contest)
{
    double median = row_estimate(row, contest)->median;
    return is_latency(contest) ? 1 / median : median;
}

static enum bound score_bound(const struct row *row, struct figure contest)
{
    enum bound bound = row_estimate(row, contest)->bound;
    return is_latency(contest) ? bound_inverse(bound) : bound;
}

size_t ranking_cell_size(const struct comparison *comparison, const struct row *cell)
{
    const struct row *end = comparison->rows + comparison->row_count;
    size_t count = 0;
    while (cell + count < end && row_same_cell(cell + count, cell))
        count++;
    return count;
}

const struct row *ranking_best(const struct comparison *comparison,
                               const struct row *cell, struct figure contest)
{
    const struct row *best = NULL;
    double highest = 0;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        if (!row_same_cell(row, cell) || !ranking_takes_part(row, contest) ||
            score_bound(row, contest) == BOUND_AT_MOST)
            continue;
        double score = score_of(row, contest);
        if (score > highest) {
            highest = score;
            best = row;
        }
    }
    return best;
}

/* Whether a row beside this one may be better than the best one is known to be. */
static bool other_may_be_more(const struct comparison *comparison, const struct row *row,
                              struct figure contest)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *other = &comparison->rows[i];
        if (other != row && row_same_cell(other, row) &&
            ranking_takes_part(other, contest) &&
            score_bound(other, contest) == BOUND_AT_LEAST)
            return true;
    }
    return false;
}

struct share ranking_share(const struct comparison *comparison, const struct row *row,
                           const struct row *best, struct figure contest)
{
    /* The best one is the best however much more it can do. */
    enum bound own = row == best ? BOUND_EXACT : score_bound(row, contest);
    enum bound of_best =
        other_may_be_more(comparison, row, contest) ? BOUND_AT_LEAST : BOUND_EXACT;
    return (struct share){score_of(row, contest) / score_of(best, contest),
                          bound_join(own, bound_inverse(of_best))};
}

struct best_ratio ranking_ratio(const struct comparison *comparison,
                                const struct row *row, struct figure figure)
{
    const struct row *best =
        ranking_best(comparison, row, ranking_contest(comparison, row));
    if (!best || !estimate_is_usable(row_estimate(row, figure)) ||
        !estimate_is_usable(row_estimate(best, figure)))
        return (struct best_ratio){0};
    enum bound bound = bound_join(row_estimate(row, figure)->bound,
                                  bound_inverse(row_estimate(best, figure)->bound));
    struct best_ratio ratio = {.best = best,
                               .ratio = row_ratio(row, best, figure, 0.95),
                               .bound = row == best ? BOUND_EXACT : bound};
    return ratio.bound != BOUND_NOTHING && ratio.ratio.pairs ? ratio
                                                             : (struct best_ratio){0};
}

/* ---- cells that do not count ------------------------------------------------------ */

/* The figure that a cell takes of a row: who loses requests is out of the contest, and
 * has no need of the figure that decides it. */
static const struct estimate *needed(const struct row *row, struct figure contest)
{
    return loses_requests(row) ? &row->estimates[METRIC_ERROR_SHARE]
                               : row_estimate(row, contest);
}

const struct row *ranking_gap(const struct comparison *comparison, const struct row *cell,
                              size_t least)
{
    struct figure contest = ranking_contest(comparison, cell);
    size_t count = ranking_cell_size(comparison, cell);
    for (size_t i = 0; i < count; i++)
        if (cell[i].status != ROW_NOT_TESTABLE &&
            !estimate_is_usable(needed(&cell[i], contest)))
            return &cell[i];
    const struct row *best = ranking_best(comparison, cell, contest);
    return best && row_estimate(best, contest)->count < least ? best : NULL;
}

char *ranking_gap_reason(const struct row *gap, struct figure contest)
{
    if (gap->why)
        return memory_copy_string(gap->why);
    if (gap->status != ROW_MEASURED)
        return memory_copy_string(row_status_names[gap->status]);
    return memory_printf("%s in %zu of %zu %s", metrics[contest.metric].header,
                         needed(gap, contest)->count, gap->trial_count,
                         text_plural((double)gap->trial_count, "trial", "trials"));
}

/* ---- words ------------------------------------------------------------------------ */

/* The row's score as a share of the best one's, block by block. */
static struct ratio score_ratio(const struct row *row, const struct row *best,
                                struct figure contest)
{
    return is_latency(contest) ? row_ratio(best, row, contest, 0.95)
                               : row_ratio(row, best, contest, 0.95);
}

/* Gives the standing to those whose p-values Holm's procedure rejects. */
static void give(enum standing *standings, const double *p, size_t count,
                 enum standing standing)
{
    bool *rejected = memory_allocate_zeroed(count + 1, sizeof *rejected);
    statistics_holm(p, count, RANKING_LEVEL, rejected);
    for (size_t i = 0; i < count; i++)
        if (rejected[i] && standings[i] == STANDING_OPEN)
            standings[i] = standing;
    free(rejected);
}

static bool has_words(const struct row *row, struct figure contest)
{
    return row_estimate(row, contest)->count >= RANKING_LEAST_TRIALS;
}

void ranking_standings(const struct comparison *comparison, const struct row *cell,
                       size_t count, enum standing *standings)
{
    struct figure contest = ranking_contest(comparison, cell);
    const struct row *best = ranking_best(comparison, cell, contest);
    bool words = best && has_words(best, contest);
    double margin = 1 - (is_latency(contest) ? RANKING_DELTA_LATENCY : RANKING_DELTA);
    double *above = memory_allocate_zeroed(count + 1, sizeof *above);
    double *below = memory_allocate_zeroed(count + 1, sizeof *below);
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &cell[i];
        above[i] = below[i] = NAN;
        standings[i] = STANDING_OUT;
        if (!best || !ranking_takes_part(row, contest))
            continue;
        enum bound bound = ranking_share(comparison, row, best, contest).bound;
        standings[i] = !words                                  ? STANDING_NONE
                       : row == best && bound != BOUND_AT_MOST ? STANDING_BEST
                                                               : STANDING_OPEN;
        if (standings[i] != STANDING_OPEN || row == best || !has_words(row, contest))
            continue;
        struct ratio ratio = score_ratio(row, best, contest);
        if (bound == BOUND_EXACT || bound == BOUND_AT_LEAST)
            above[i] = log_ratio_above(&ratio.log, margin);
        if (bound == BOUND_EXACT || bound == BOUND_AT_MOST)
            below[i] = log_ratio_below(&ratio.log, margin);
    }
    give(standings, above, count, STANDING_AS_GOOD);
    give(standings, below, count, STANDING_BEHIND);
    free(above);
    free(below);
}
