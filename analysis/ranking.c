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

bool ranking_is_measured(const struct row *row)
{
    return row->status == ROW_MEASURED || row->lower_bound;
}

bool ranking_takes_part(const struct row *row)
{
    double errors = row->estimates[METRIC_ERROR_SHARE].median;
    double starved = row->estimates[METRIC_STARVED].median;
    return ranking_is_measured(row) && !(errors > RANKING_MAX_ERRORS) && !(starved > 0);
}

/* More is better; NAN where there is no figure. */
static double score_of(const struct row *row, struct figure contest)
{
    double median = row_estimate(row, contest)->median;
    return is_latency(contest) ? 1 / median : median;
}

/* A latency that is a lower bound makes a score that is at most so high. */
static bool score_is_at_most(const struct row *row, struct figure contest)
{
    return is_latency(contest) && row_estimate(row, contest)->at_least;
}

static bool score_is_at_least(const struct row *row, struct figure contest)
{
    return !is_latency(contest) && row->lower_bound;
}

const struct row *ranking_best(const struct comparison *comparison,
                               const struct row *cell, struct figure contest)
{
    const struct row *best = NULL;
    double highest = 0;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        if (!row_same_cell(row, cell) || !ranking_takes_part(row) ||
            score_is_at_most(row, contest))
            continue;
        double score = score_of(row, contest);
        if (score > highest) {
            highest = score;
            best = row;
        }
    }
    return best;
}

double ranking_share(const struct row *row, const struct row *best, struct figure contest)
{
    return score_of(row, contest) / score_of(best, contest);
}

size_t ranking_cell_size(const struct comparison *comparison, const struct row *cell)
{
    const struct row *end = comparison->rows + comparison->row_count;
    size_t count = 0;
    while (cell + count < end && row_same_cell(cell + count, cell))
        count++;
    return count;
}

const struct row *ranking_gap(const struct row *cell, size_t count, size_t least)
{
    for (size_t i = 0; i < count; i++)
        if (cell[i].status != ROW_NOT_TESTABLE &&
            (!ranking_is_measured(&cell[i]) || cell[i].used_count < least))
            return &cell[i];
    return NULL;
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

static bool has_words(const struct row *cell, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ranking_takes_part(&cell[i]) && cell[i].used_count < RANKING_LEAST_TRIALS)
            return false;
    return true;
}

void ranking_standings(const struct comparison *comparison, const struct row *cell,
                       size_t count, enum standing *standings)
{
    struct figure contest = ranking_contest(comparison, cell);
    const struct row *best = ranking_best(comparison, cell, contest);
    bool words = has_words(cell, count);
    double margin = 1 - (is_latency(contest) ? RANKING_DELTA_LATENCY : RANKING_DELTA);
    double *above = memory_allocate_zeroed(count + 1, sizeof *above);
    double *below = memory_allocate_zeroed(count + 1, sizeof *below);
    /* A best figure that is a bound proves nobody as good as it. */
    bool best_is_bound = best && score_is_at_least(best, contest);
    for (size_t i = 0; i < count; i++) {
        bool part = best && ranking_takes_part(&cell[i]);
        standings[i] = !part              ? STANDING_OUT
                       : !words           ? STANDING_NONE
                       : &cell[i] == best ? STANDING_BEST
                                          : STANDING_OPEN;
        above[i] = below[i] = NAN;
        if (standings[i] != STANDING_OPEN)
            continue;
        struct ratio ratio = score_ratio(&cell[i], best, contest);
        if (!best_is_bound && !score_is_at_most(&cell[i], contest))
            above[i] = log_ratio_above(&ratio.log, margin);
        if (!score_is_at_least(&cell[i], contest))
            below[i] = log_ratio_below(&ratio.log, margin);
    }
    give(standings, above, count, STANDING_AS_GOOD);
    give(standings, below, count, STANDING_BEHIND);
    free(above);
    free(below);
}
