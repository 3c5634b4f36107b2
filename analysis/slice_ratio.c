/* slice_ratio.c - see slice_ratio.h. */
#include "analysis/slice_ratio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/statistics.h"
#include "base/clock.h"
#include "base/text.h"

const enum metric_id slice_metrics[] = {METRIC_THROUGHPUT, METRIC_LATENCY_P50,
                                        METRIC_LATENCY_P99, METRIC_CPU_PER_REQUEST,
                                        METRIC_COUNT};

double slice_read(const struct slice *slice, enum metric_id metric)
{
    switch (metric) {
    case METRIC_THROUGHPUT:
        return slice->throughput_rps;
    case METRIC_LATENCY_P50:
        return slice->latency_p50_ns;
    case METRIC_LATENCY_P99:
        return slice->latency_p99_ns;
    case METRIC_CPU_PER_REQUEST:
        return slice->replies ? slice->cpu_s * NS_PER_S / (double)slice->replies
                              : (double)NAN;
    default:
        return NAN;
    }
}

/* The slice of this side in a turn, if it is valid or counts in any case; or NULL. */
static const struct slice *slice_in(const struct slice_series *series, uint64_t turn,
                                    enum slice_side side, bool all)
{
    for (size_t i = 0; i < series->slice_count; i++) {
        const struct slice *slice = &series->slices[i];
        if (slice->turn == turn && slice->side == (int)side && (all || slice->valid))
            return slice;
    }
    return NULL;
}

/* Finds both slices of a turn; false where it does not count. */
static bool find_turn(const struct slice_series *series, uint64_t turn, bool all,
                      const struct slice *slices[SLICE_SIDES])
{
    slices[SLICE_FIRST] = slice_in(series, turn, SLICE_FIRST, all);
    slices[SLICE_SECOND] = slice_in(series, turn, SLICE_SECOND, all);
    return slices[SLICE_FIRST] && slices[SLICE_SECOND];
}

double slice_pair_log(const struct slice_series *series, enum metric_id metric, bool all,
                      double *turns, size_t *count)
{
    double sum = 0;
    size_t used = 0;
    for (uint64_t turn = 1; turn <= series->slice_count / SLICE_SIDES; turn++) {
        const struct slice *slices[SLICE_SIDES];
        if (!find_turn(series, turn, all, slices))
            continue;
        double log_ratio = log(slice_read(slices[SLICE_SECOND], metric) /
                               slice_read(slices[SLICE_FIRST], metric));
        sum += log_ratio;
        if (turns)
            turns[used] = log_ratio;
        used++;
    }
    if (count)
        *count = used;
    return used > 0 && isfinite(sum) ? sum / (double)used : (double)NAN;
}

double slice_pair_figure(const struct slice_series *series, enum metric_id metric,
                         enum slice_side side)
{
    double sum = 0;
    size_t used = 0;
    for (uint64_t turn = 1; turn <= series->slice_count / SLICE_SIDES; turn++) {
        const struct slice *slices[SLICE_SIDES];
        if (!find_turn(series, turn, false, slices))
            continue;
        sum += log(slice_read(slices[side], metric));
        used++;
    }
    return used > 0 && isfinite(sum) ? exp(sum / (double)used) : (double)NAN;
}

bool slice_cell_holds(const struct slice_cell *cell, const struct trial_record *trial)
{
    return trial->slices && text_same(trial->scenario, cell->scenario) &&
           text_same(trial->point.value, cell->value) &&
           text_same(trial->slices->against, cell->first) &&
           text_same(trial->model, cell->second);
}

/* Pairs of processes: a value of each with its block, and the squares of the distances of
 * their turns from it. */
struct pairs_found {
    double *logs; /* heap, as are the blocks */
    uint64_t *blocks;
    size_t count, turns, unused;
    bool invalid;
    double turn_squares;
};

static void pairs_release(struct pairs_found *found)
{
    free(found->logs);
    free(found->blocks);
}

static void add_pair(struct pairs_found *found, const struct trial_record *trial,
                     enum metric_id metric)
{
    const struct slice_series *series = trial->slices->series;
    size_t count = 0;
    double *turns = memory_allocate((series->slice_count + 1) * sizeof *turns);
    double value = slice_pair_log(series, metric, found->invalid, turns, &count);
    if (isfinite(value)) {
        found->blocks[found->count] = trial->block;
        found->logs[found->count++] = value;
        found->turns += count;
        for (size_t i = 0; i < count; i++)
            found->turn_squares += (turns[i] - value) * (turns[i] - value);
    }
    free(turns);
}

static struct pairs_found find_pairs(const struct results *results,
                                     const struct slice_cell *cell, enum metric_id metric)
{
    size_t most = results->trial_count + 1;
    struct pairs_found found = {.logs = memory_allocate(most * sizeof *found.logs),
                                .blocks = memory_allocate(most * sizeof *found.blocks)};
    for (int invalid = 0; invalid <= 1 && found.count == 0; invalid++) {
        found.invalid = invalid;
        found.unused = 0;
        for (size_t i = 0; i < results->trial_count; i++) {
            const struct trial_record *trial = &results->trials[i];
            if (!slice_cell_holds(cell, trial))
                continue;
            if (trial->status == TRIAL_MEASURED && trial->valid == !invalid)
                add_pair(&found, trial, metric);
            else
                found.unused++;
        }
    }
    return found;
}

struct slice_ratio slice_ratio_of(const struct results *results,
                                  const struct slice_cell *cell, enum metric_id metric,
                                  double confidence)
{
    struct pairs_found found = find_pairs(results, cell, metric);
    size_t freedom = found.turns - found.count;
    struct log_ratio log = log_ratio_of(found.logs, found.count);
    struct slice_ratio ratio = {
        .pairs = found.count,
        .turns = found.turns,
        .unused = found.unused,
        .invalid = found.invalid && found.count > 0,
        .log = log,
        .value = exp(log.mean),
        .interval = log_ratio_interval(&log, confidence),
        .spread = log.error * sqrt((double)found.count),
        .turn_spread =
            freedom > 0 ? sqrt(found.turn_squares / (double)freedom) : (double)NAN,
    };
    pairs_release(&found);
    return ratio;
}

size_t slice_pair_logs(const struct results *results, const struct slice_cell *cell,
                       enum metric_id metric, double *logs, uint64_t *blocks)
{
    struct pairs_found found = find_pairs(results, cell, metric);
    memcpy(logs, found.logs, found.count * sizeof *logs);
    memcpy(blocks, found.blocks, found.count * sizeof *blocks);
    pairs_release(&found);
    return found.count;
}

struct noise_floor slice_noise_of(const struct results *results,
                                  const struct slice_cell *cell, enum metric_id metric)
{
    struct slice_cell same = *cell;
    same.second = same.first;
    struct pairs_found found = find_pairs(results, &same, metric);
    double *ones = memory_allocate((found.count + 1) * sizeof *ones);
    for (size_t i = 0; i < found.count; i++) {
        found.logs[i] = exp(found.logs[i]);
        ones[i] = 1;
    }
    struct noise_floor noise = noise_floor_of(found.logs, ones, found.count);
    free(ones);
    pairs_release(&found);
    return noise;
}

/* Failures and flags that forbid its use, each once. */
static void add_reasons(const struct trial_record *trial, struct words *reasons)
{
    if (trial->status == TRIAL_FAILED && trial->reason &&
        !words_have(reasons, trial->reason))
        words_add(reasons, trial->reason);
    for (size_t f = 0; f < trial->flag_count; f++)
        if (trial->flags[f].severity == FLAG_INVALID &&
            !words_have(reasons, trial->flags[f].word))
            words_add(reasons, trial->flags[f].word);
}

char *slice_cell_unused(const struct results *results, const struct slice_cell *cell)
{
    struct words reasons = {0};
    struct text line = {0};
    size_t unused = 0;
    for (size_t i = 0; i < results->trial_count; i++) {
        const struct trial_record *trial = &results->trials[i];
        if (!slice_cell_holds(cell, trial) || trial->valid)
            continue;
        unused++;
        add_reasons(trial, &reasons);
    }
    if (unused)
        text_printf(&line, "%zu %s of processes must not be used:", unused,
                    text_plural((double)unused, "pair", "pairs"));
    for (size_t i = 0; i < reasons.count; i++)
        text_printf(&line, "%s %s", i ? "," : "", reasons.items[i]);
    words_release(&reasons);
    return unused ? text_steal(&line) : NULL;
}
