/* run_noise.c - see run_noise.h. */
#include "analysis/run_noise.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/ranking.h"
#include "analysis/slice_cells.h"
#include "base/compare.h"
#include "base/text.h"

/* ---- pairs ------------------------------------------------------------------------ */

/* A/A pairs of one figure in one cell: ln(first/again) in each of these blocks. */
struct twin_pairs {
    double *logs;
    uint64_t *blocks;
    size_t count;
};

static void pairs_release(struct twin_pairs *pairs)
{
    free(pairs->logs);
    free(pairs->blocks);
}

static struct twin_pairs find_pairs(const struct row *first, const struct row *again,
                                    struct figure figure)
{
    double *left = memory_allocate((first->used_count + 1) * sizeof *left);
    double *right = memory_allocate((first->used_count + 1) * sizeof *right);
    struct twin_pairs pairs = {
        .logs = left,
        .blocks = memory_allocate((first->used_count + 1) * sizeof *pairs.blocks),
    };
    size_t count = row_pairs(first, again, figure, left, right, pairs.blocks);
    for (size_t i = 0; i < count; i++) {
        if (!(left[i] > 0 && right[i] > 0))
            continue;
        pairs.logs[pairs.count] = log(left[i] / right[i]);
        pairs.blocks[pairs.count++] = pairs.blocks[i];
    }
    free(right);
    return pairs;
}

/* The row of the contender that was measured twice; NULL: it has none. */
static const struct row *first_of(const struct comparison *comparison,
                                  const struct row *again)
{
    const struct experiment *experiment = &comparison->results->experiment;
    for (size_t s = 0; s < experiment->scenario_count; s++) {
        const struct experiment_scenario *own = &experiment->scenarios[s];
        if (&own->scenario == again->scenario)
            return comparison_find(comparison, again,
                                   &experiment->contenders.items[own->twin_of]);
    }
    return NULL;
}

static struct figure figure_of(const struct comparison *comparison, const struct row *row,
                               enum metric_id metric)
{
    struct figure contest = ranking_contest(comparison, row);
    return contest.metric == metric ? contest : (struct figure){metric, ALL_REQUESTS};
}

static bool is_exact(const struct row *row, struct figure figure)
{
    const struct estimate *estimate = row_estimate(row, figure);
    return row->status == ROW_MEASURED && estimate->count > 0 &&
           estimate->bound == BOUND_EXACT;
}

/* ---- pooling ---------------------------------------------------------------------- */

/* Over the cells, for one metric. */
struct pooled {
    double *sums;   /* of the logarithms, by block */
    size_t *counts; /* of cells in that */
    double squares; /* of the cells' spreads */
    size_t spreads;
};

static void take_in(struct pooled *pooled, const struct twin_pairs *pairs)
{
    double spread = statistics_stddev(pairs->logs, pairs->count);
    for (size_t i = 0; i < pairs->count; i++) {
        pooled->sums[pairs->blocks[i]] += pairs->logs[i];
        pooled->counts[pairs->blocks[i]]++;
    }
    if (isnan(spread))
        return;
    pooled->squares += spread * spread;
    pooled->spreads++;
}

static struct noise_floor floor_of(struct pooled *pooled, size_t blocks)
{
    size_t count = 0;
    for (size_t b = 0; b < blocks; b++)
        if (pooled->counts[b])
            pooled->sums[count++] = pooled->sums[b] / (double)pooled->counts[b];
    if (count < RUN_NOISE_LEAST_BLOCKS)
        return noise_floor_of(NULL, NULL, 0);
    struct log_ratio mean = log_ratio_of(pooled->sums, count);
    return noise_floor_make(&mean, sqrt(pooled->squares / (double)pooled->spreads),
                            count);
}

static struct noise_floor pool_metric(const struct comparison *comparison,
                                      enum metric_id metric, size_t blocks)
{
    struct pooled pooled = {
        .sums = memory_allocate_zeroed(blocks, sizeof *pooled.sums),
        .counts = memory_allocate_zeroed(blocks, sizeof *pooled.counts),
    };
    for (size_t i = 0; i < comparison->twin_count; i++) {
        const struct row *again = &comparison->twins[i];
        const struct row *first = first_of(comparison, again);
        struct figure figure = figure_of(comparison, again, metric);
        if (!first || !is_exact(first, figure) || !is_exact(again, figure))
            continue;
        struct twin_pairs pairs = find_pairs(first, again, figure);
        take_in(&pooled, &pairs);
        pairs_release(&pairs);
    }
    struct noise_floor noise = floor_of(&pooled, blocks);
    free(pooled.sums);
    free(pooled.counts);
    return noise;
}

/* ---- the whole -------------------------------------------------------------------- */

static void count_blocks(struct run_noise *noise, const struct comparison *comparison,
                         size_t blocks)
{
    bool *seen = memory_allocate_zeroed(blocks, sizeof *seen);
    for (size_t i = 0; i < comparison->twin_count; i++) {
        const struct row *again = &comparison->twins[i];
        const struct row *first = first_of(comparison, again);
        noise->cells += again->trial_count > 0;
        for (size_t t = 0; first && t < again->used_count; t++)
            for (size_t f = 0; f < first->used_count; f++)
                if (again->used[t]->valid && first->used[f]->valid &&
                    again->used[t]->block == first->used[f]->block)
                    seen[first->used[f]->block] = true;
    }
    for (size_t b = 0; b < blocks; b++)
        noise->blocks += seen[b];
    free(seen);
}

/* Of several figures one excludes 1 by chance more often than each of them does:
 * Bonferroni over those that are told. */
static void suspect_of_all(struct run_noise *noise)
{
    size_t told = 0;
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        told += run_noise_tells(noise, m);
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        noise->of[m].suspect =
            noise->of[m].p < RUN_NOISE_LEVEL / (double)(told ? told : 1);
}

void run_noise_make(struct run_noise *noise, const struct comparison *comparison)
{
    uint64_t last = 0;
    for (size_t i = 0; i < comparison->results->trial_count; i++)
        last = most_of(last, comparison->results->trials[i].block);
    size_t blocks = (size_t)last + 1; /* they count from 1 */
    *noise = (struct run_noise){0};
    count_blocks(noise, comparison, blocks);
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        noise->of[m] = pool_metric(comparison, m, blocks);
    suspect_of_all(noise);
}

/* ---- of one cell ------------------------------------------------------------------ */

static const struct row *twin_in_cell(const struct comparison *comparison,
                                      const struct row *row)
{
    for (size_t i = 0; i < comparison->twin_count; i++)
        if (row_same_cell(&comparison->twins[i], row))
            return &comparison->twins[i];
    return NULL;
}

/* Of blocks; nothing is known where no contender was measured twice. */
static struct noise_floor floor_in_cell(const struct comparison *comparison,
                                        const struct row *row, struct figure figure)
{
    const struct row *again = twin_in_cell(comparison, row);
    const struct row *first = again ? first_of(comparison, again) : NULL;
    struct noise_floor noise = noise_floor_of(NULL, NULL, 0);
    if (!first || !is_exact(first, figure) || !is_exact(again, figure))
        return noise;
    struct twin_pairs pairs = find_pairs(first, again, figure);
    if (pairs.count >= RUN_NOISE_LEAST_BLOCKS) {
        struct log_ratio mean = log_ratio_of(pairs.logs, pairs.count);
        noise = noise_floor_make(&mean, statistics_stddev(pairs.logs, pairs.count),
                                 pairs.count);
    }
    pairs_release(&pairs);
    return noise;
}

struct noise_floor run_noise_in_cell(const struct run_noise *noise,
                                     const struct comparison *comparison,
                                     const struct row *row, struct figure figure)
{
    if (row->against) {
        struct slice_cell cell = slice_cell_of(comparison->results, row);
        return slice_noise_of(comparison->results, &cell, figure.metric);
    }
    struct noise_floor own = floor_in_cell(comparison, row, figure);
    if (isnan(own.floor))
        return noise->of[figure.metric];
    own.suspect = noise->of[figure.metric].suspect;
    return own;
}

/* ---- in words --------------------------------------------------------------------- */

bool run_noise_tells(const struct run_noise *noise, enum metric_id metric)
{
    return metrics[metric].has_ratio && isfinite(noise->of[metric].floor);
}

char *run_noise_note(const struct run_noise *noise)
{
    struct text note = {0};
    if (!noise->cells)
        return NULL;
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        if (run_noise_tells(noise, m)) {
            char share[QUANTITY_TEXT_BYTES];
            text_printf(&note, "%s%s %s", note.length ? ", " : "", metrics[m].header,
                        text_share(noise->of[m].floor, share, sizeof share));
        }
    char *line = note.length
                     ? memory_printf("Noise floor (A/A, %zu blocks): %s", noise->blocks,
                                     text_string(&note))
                     : memory_printf("Noise floor: not known, for A/A takes %d "
                                     "blocks with valid pairs, and there %s %zu",
                                     RUN_NOISE_LEAST_BLOCKS,
                                     noise->blocks == 1 ? "is" : "are", noise->blocks);
    text_release(&note);
    return line;
}

char *run_noise_suspicion(const struct run_noise *noise)
{
    struct text line = {0};
    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        const struct noise_floor *floor = &noise->of[m];
        if (run_noise_tells(noise, m) && floor->suspect)
            text_printf(&line, "%s%s [%.3f, %.3f]",
                        line.length ? ", "
                                    : "The instrument is suspect: what was measured "
                                      "twice differs from itself (at 5 % over all "
                                      "figures), and nothing is to be concluded from ",
                        metrics[m].header, floor->interval.low, floor->interval.high);
    }
    return line.length ? text_steal(&line) : NULL;
}
