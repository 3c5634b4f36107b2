/* reproduction.c - see reproduction.h. */
#include "analysis/reproduction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/equivalence.h"
#include "analysis/noise_floor.h"
#include "analysis/probability.h"
#include "analysis/ranking.h"
#include "base/text.h"

const char *const reproduction_words[] = {
    [REPRODUCTION_REPRODUCED] = "reproduced",
    [REPRODUCTION_DIRECTION_ONLY] = "direction only",
    [REPRODUCTION_CONTRADICTED] = "contradicted",
    [REPRODUCTION_INCONCLUSIVE] = "inconclusive",
    [REPRODUCTION_NOT_TESTABLE] = "not testable here",
    [REPRODUCTION_NOT_EVALUATED] = "not evaluated",
    NULL};

/* ---- which ratios ----------------------------------------------------------------- */

static bool is_latency(struct figure figure)
{
    return metrics[figure.metric].latency_key != NULL;
}

/* Of the contenders of the cell that begins at `cell` the one that was best there. */
static const struct row *best_there(const struct reference *reference,
                                    const struct comparison *comparison,
                                    const struct row *cell)
{
    struct figure contest = ranking_contest(comparison, cell);
    double *values = memory_allocate((reference->count + 1) * sizeof *values);
    size_t rows = ranking_cell_size(comparison, cell);
    const struct row *best = NULL;
    double highest = 0;
    for (size_t i = 0; i < rows; i++) {
        size_t count = reference_values(reference, cell, cell[i].contender->label,
                                        contest, values, NULL);
        double median = statistics_median(values, count);
        double score = is_latency(contest) ? 1 / median : median;
        if (score > highest) {
            highest = score;
            best = &cell[i];
        }
    }
    free(values);
    return best;
}

/* ---- what is found of one --------------------------------------------------------- */

static void leave_out(struct reproduced_ratio *ratio, enum reproduction_word word,
                      char *why)
{
    ratio->word = word;
    ratio->why = why;
}

static bool has_words(struct reproduced_ratio *ratio)
{
    size_t here = ratio->here.pairs, there = ratio->there.pairs;
    bool few_there = there < RANKING_LEAST_TRIALS;
    size_t few = few_there ? there : here;
    if (here >= RANKING_LEAST_TRIALS && !few_there)
        return true;
    leave_out(ratio, REPRODUCTION_INCONCLUSIVE,
              memory_printf("%s has %zu %s, it takes %d",
                            few_there ? "the reference" : "this run", few,
                            text_plural((double)few, "trial", "trials"),
                            RANKING_LEAST_TRIALS));
    ratio->blocks_needed = few_there ? (double)NAN : RANKING_LEAST_TRIALS;
    return false;
}

/* Why a row here has no figure to be held against the other; false: it has. */
static bool is_out(struct reproduced_ratio *ratio, const struct row *row)
{
    const struct estimate *estimate = row_estimate(row, ratio->figure);
    if (row->status == ROW_NOT_TESTABLE)
        leave_out(ratio, REPRODUCTION_NOT_TESTABLE, memory_copy_string(row->why));
    else if (!row->used_count || row->status == ROW_INVALID)
        leave_out(ratio, REPRODUCTION_NOT_EVALUATED,
                  memory_printf("%s: %s", row->contender->label,
                                row->why ? row->why : row_status_names[row->status]));
    else if (!estimate->count || estimate->bound != BOUND_EXACT)
        leave_out(ratio, REPRODUCTION_NOT_EVALUATED,
                  memory_printf("%s: %s", row->contender->label,
                                estimate->count ? bound_words[estimate->bound]
                                                : "not measured"));
    else
        return false;
    return true;
}

/* Blocks here that would settle it, both errors being normal: the reference's stays. */
static double blocks_needed(const struct reproduced_ratio *ratio)
{
    double spread = ratio->here.log.error * sqrt((double)ratio->here.pairs);
    double distance = fabs(log1p(ratio->delta) - fabs(ratio->difference.mean));
    double degrees = ratio->there.log.degrees;
    double reach = (probability_t_quantile(1 - REPRODUCTION_LEVEL, degrees) +
                    probability_t_quantile(NOISE_POWER, degrees)) *
                   ratio->there.log.error;
    if (!(distance > reach))
        return INFINITY;
    return noise_blocks_needed(spread, sqrt(distance * distance - reach * reach),
                               REPRODUCTION_LEVEL);
}

static bool same_direction(const struct ratio *a, const struct ratio *b)
{
    return a->t.exists && b->t.exists &&
           ((a->t.low > 1 && b->t.low > 1) || (a->t.high < 1 && b->t.high < 1));
}

/* Fills in what is found; its P value of being outside, NAN where that is not asked. */
static double judge(struct reproduced_ratio *ratio)
{
    ratio->difference = log_ratio_difference(&ratio->here.log, &ratio->there.log);
    ratio->factor = log_ratio_interval(&ratio->difference, 1 - 2 * REPRODUCTION_LEVEL);
    struct range_test test =
        range_test(&ratio->difference, equivalence_range(ratio->delta));
    ratio->word = test.within <= REPRODUCTION_LEVEL ? REPRODUCTION_REPRODUCED
                  : same_direction(&ratio->here, &ratio->there)
                      ? REPRODUCTION_DIRECTION_ONLY
                      : REPRODUCTION_INCONCLUSIVE;
    if (ratio->word != REPRODUCTION_REPRODUCED)
        ratio->blocks_needed = blocks_needed(ratio);
    return test.outside;
}

/* What a server answers of an open load is the rate of that, unless it ends before: at
 * another rate the ratio of two servers is another one. */
static bool is_of_another_rate(struct reproduced_ratio *ratio)
{
    double factor = ratio->row->scenario->scale.rate;
    if (ratio->figure.metric != METRIC_THROUGHPUT || !(factor > 0) ||
        fabs(factor - 1) < 1e-9)
        return false;
    leave_out(ratio, REPRODUCTION_NOT_EVALUATED,
              memory_printf("requests come at %.2f times the rate here", factor));
    return true;
}

static double find(struct reproduced_ratio *ratio, const struct reference *reference)
{
    const struct row *row = ratio->row, *to = ratio->to;
    ratio->there = reference_ratio(reference, row, row->contender->label,
                                   to->contender->label, ratio->figure, 0.95);
    if (is_out(ratio, row) || is_out(ratio, to) || is_of_another_rate(ratio))
        return NAN;
    ratio->here = row_ratio(row, to, ratio->figure, 0.95);
    return has_words(ratio) ? judge(ratio) : (double)NAN;
}

/* ---- all of them ------------------------------------------------------------------ */

/* The figure's ratio, if the reference has it. */
static void add_ratio(struct reproduction *reproduction,
                      const struct reference *reference, const struct row *row,
                      const struct row *best, struct figure figure)
{
    if (row == best ||
        !reference_values(reference, row, row->contender->label, figure, NULL, NULL) ||
        !reference_values(reference, row, best->contender->label, figure, NULL, NULL))
        return;
    struct reproduced_ratio *ratio =
        record_append(&reproduction->ratios, &reproduction->count, sizeof *ratio);
    *ratio = (struct reproduced_ratio){
        .row = row,
        .to = best,
        .figure = figure,
        .here = {.value = NAN},
        .difference = {NAN, NAN, NAN},
        .delta = is_latency(figure) ? REPRODUCTION_DELTA_LATENCY : REPRODUCTION_DELTA,
        .blocks_needed = NAN,
    };
}

static void add_row_ratios(struct reproduction *reproduction,
                           const struct reference *reference, const struct row *row,
                           const struct row *best)
{
    for (int c = ALL_REQUESTS; c < (int)row->class_count; c++)
        for (enum metric_id m = 0; m < METRIC_COUNT; m++)
            if (metrics[m].has_ratio && (c == ALL_REQUESTS || metrics[m].class_column))
                add_ratio(reproduction, reference, row, best, (struct figure){m, c});
}

void reproduction_make(struct reproduction *reproduction,
                       const struct comparison *comparison,
                       const struct reference *reference)
{
    *reproduction = (struct reproduction){0};
    for (size_t i = 0; i < comparison->row_count;) {
        const struct row *cell = &comparison->rows[i];
        size_t rows = ranking_cell_size(comparison, cell);
        const struct row *best = best_there(reference, comparison, cell);
        for (size_t r = 0; best && r < rows; r++)
            add_row_ratios(reproduction, reference, &cell[r], best);
        i += rows;
    }
    double *outside = memory_allocate((reproduction->count + 1) * sizeof *outside);
    bool *rejected = memory_allocate_zeroed(reproduction->count + 1, sizeof *rejected);
    for (size_t i = 0; i < reproduction->count; i++)
        outside[i] = find(&reproduction->ratios[i], reference);
    statistics_holm(outside, reproduction->count, REPRODUCTION_LEVEL, rejected);
    for (size_t i = 0; i < reproduction->count; i++)
        if (rejected[i])
            reproduction->ratios[i].word = REPRODUCTION_CONTRADICTED;
    free(outside);
    free(rejected);
}

void reproduction_release(struct reproduction *reproduction)
{
    for (size_t i = 0; i < reproduction->count; i++)
        free(reproduction->ratios[i].why);
    free(reproduction->ratios);
    *reproduction = (struct reproduction){0};
}

size_t reproduction_count(const struct reproduction *reproduction,
                          enum reproduction_word word)
{
    size_t count = 0;
    for (size_t i = 0; i < reproduction->count; i++)
        count += reproduction->ratios[i].word == word;
    return count;
}

/* ---- claims ----------------------------------------------------------------------- */

static bool is_answer(const struct claim_verdict *verdict)
{
    return verdict->word == VERDICT_SUPPORTED || verdict->word == VERDICT_REFUTED;
}

enum reproduction_word reproduction_of_verdicts(const struct claim_verdict *here,
                                                const struct claim_verdict *there)
{
    if (here->word == VERDICT_NOT_TESTABLE)
        return REPRODUCTION_NOT_TESTABLE;
    if (here->word == VERDICT_NOT_EVALUATED)
        return REPRODUCTION_NOT_EVALUATED;
    if (!there || !is_answer(here) || !is_answer(there))
        return REPRODUCTION_INCONCLUSIVE;
    return here->word == there->word ? REPRODUCTION_REPRODUCED
                                     : REPRODUCTION_CONTRADICTED;
}
