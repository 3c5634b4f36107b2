/* slices_table.c - see slices_table.h. */
#include "report/slices_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/slice_ratio.h"
#include "base/text.h"
#include "report/lines.h"
#include "report/slice_cells.h"

#define CONFIDENCE 0.95

static void add_ratio(struct table *table, const struct slice_ratio *ratio)
{
    if (!ratio->pairs)
        table_add_cell(table, NULL);
    else if (!ratio->interval.exists)
        table_add_cellf(table, "%.3f%s", ratio->value, ratio->invalid ? "!" : "");
    else
        table_add_cellf(table, "%.3f [%.3f, %.3f]%s", ratio->value, ratio->interval.low,
                        ratio->interval.high, ratio->invalid ? "!" : "");
}

static void start_row(struct table *table, const struct row *row, bool first,
                      const char *label)
{
    table_start_row(table);
    if (row->value)
        table_add_cell(table, first ? row->value : "");
    table_add_cell(table, label);
}

/* A contender against the first one, or that one against itself. */
static void add_row(struct table *table, const struct group *group, const struct row *row,
                    bool first)
{
    const struct results *results = group->comparison->results;
    struct slice_cell cell = slice_cell_of(results, row);
    bool itself = strcmp(cell.first, cell.second) == 0;
    char *label = memory_printf("%s%s", cell.second, itself ? CONTENDER_AGAIN : "");
    start_row(table, row, first, label);
    free(label);
    if (row->status == ROW_NOT_TESTABLE) {
        table_add_cell(table, row_status_names[row->status]);
        return;
    }
    struct slice_ratio throughput = {0};
    for (size_t i = 0; slice_metrics[i] != METRIC_COUNT; i++) {
        struct slice_ratio ratio =
            slice_ratio_of(results, &cell, slice_metrics[i], CONFIDENCE);
        add_ratio(table, &ratio);
        if (slice_metrics[i] == METRIC_THROUGHPUT)
            throughput = ratio;
    }
    double slice_s = (double)results->experiment.slicing.slice_ns / NS_PER_S;
    table_add_cellf(table, "%zu", throughput.pairs);
    table_add_cellf(table, "%zu", SLICE_SIDES * throughput.turns);
    table_add_cellf(table, "%.3g s", slice_s * (double)(SLICE_SIDES * throughput.turns));
}

static void add_noise(struct table *table, const struct group *group,
                      const struct row *row)
{
    const struct results *results = group->comparison->results;
    struct slice_cell cell = slice_cell_of(results, row);
    start_row(table, row, false, "noise floor");
    for (size_t i = 0; slice_metrics[i] != METRIC_COUNT; i++) {
        struct noise_floor noise = slice_noise_of(results, &cell, slice_metrics[i]);
        char floor[32];
        if (isnan(noise.floor))
            table_add_cell(table, NULL);
        else
            table_add_cellf(table, "%s%s", text_share(noise.floor, floor, sizeof floor),
                            noise.suspect ? " ?" : "");
    }
    for (int i = 0; i < 3; i++)
        table_add_cell(table, "");
}

static void print_table(const struct group *group, enum table_style style, FILE *file)
{
    struct table *table = table_create();
    if (group->rows[0].value)
        table_add_column(table, group->rows[0].scenario->sweep.variable, TABLE_RIGHT);
    table_add_column(table, "ratio of", TABLE_LEFT);
    for (size_t i = 0; slice_metrics[i] != METRIC_COUNT; i++)
        table_add_column(table, metrics[slice_metrics[i]].header, TABLE_RIGHT);
    table_add_column(table, "pairs", TABLE_RIGHT);
    table_add_column(table, "slices", TABLE_RIGHT);
    table_add_column(table, "load", TABLE_RIGHT);
    for (size_t i = 0, begin = 0; i < group->count; i++) {
        if (!row_same_cell(&group->rows[i], &group->rows[begin]))
            begin = i;
        add_row(table, group, &group->rows[i], i == begin);
        if (i + 1 == group->count ||
            !row_same_cell(&group->rows[i + 1], &group->rows[begin]))
            add_noise(table, group, &group->rows[begin]);
    }
    table_print(table, style, file);
    table_free(table);
}

/* Why pairs are not used, each reason once. */
static void print_unused(const struct group *group, const struct row *row,
                         enum table_style style, FILE *file)
{
    const struct results *results = group->comparison->results;
    struct slice_cell cell = slice_cell_of(results, row);
    struct words reasons = {0};
    size_t unused = 0;
    for (size_t i = 0; i < results->trial_count; i++) {
        const struct trial_record *trial = &results->trials[i];
        if (!slice_cell_holds(&cell, trial) || trial->valid)
            continue;
        unused++;
        if (trial->status == TRIAL_FAILED && !words_have(&reasons, trial->reason))
            words_add(&reasons, trial->reason);
        for (size_t f = 0; f < trial->flag_count; f++)
            if (trial->flags[f].severity == FLAG_INVALID &&
                !words_have(&reasons, trial->flags[f].word))
                words_add(&reasons, trial->flags[f].word);
    }
    if (unused) {
        struct text line = {0};
        text_printf(&line, "%s%s%s: %zu %s of processes must not be used:",
                    row->value ? row->value : "", row->value ? " " : "", cell.second,
                    unused, text_plural((double)unused, "pair", "pairs"));
        for (size_t i = 0; i < reasons.count; i++)
            text_printf(&line, "%s %s", i ? "," : "", reasons.items[i]);
        line_print_item("!", text_string(&line), style, file);
        text_release(&line);
    }
    words_release(&reasons);
    if (row->status == ROW_NOT_TESTABLE)
        line_print_item("-", row->why, style, file);
}

void slices_table_print(const struct group *group, enum table_style style, FILE *file)
{
    struct slice_cell cell = slice_cell_of(group->comparison->results, group->rows);
    char *line =
        memory_printf("Ratios to %s, by turns, with 95 %% intervals.", cell.first);
    line_print(line, style, file);
    free(line);
    if (style == TABLE_MARKDOWN)
        fputc('\n', file);
    print_table(group, style, file);
    if (style == TABLE_MARKDOWN)
        fputc('\n', file);
    for (size_t i = 0; i < group->count; i++)
        print_unused(group, &group->rows[i], style, file);
}

void slices_basis_print(const struct results *results, enum table_style style, FILE *file)
{
    const struct slicing *slicing = &results->experiment.slicing;
    char *line = memory_printf(
        "One value of each pair of processes, the mean over its %llu %s; t intervals "
        "over the pairs. Noise floor: half the interval of the first contender against "
        "itself; \"?\": that excludes 1, and the ratios beside it are suspect. A figure "
        "with \"!\" must not be used. Memory, and what a server does when it starts, are "
        "not seen by turns: measure them "
        "without --slices.",
        (unsigned long long)slicing->count,
        text_plural((double)slicing->count, "turn", "turns"));
    line_print(line, style, file);
    free(line);
    char *seed =
        memory_printf("Seed %llu.%s", (unsigned long long)results->experiment.seed,
                      style == TABLE_TERMINAL
                          ? " Every slice: slices.csv; every ratio: slice_ratios.csv."
                          : "");
    line_print(seed, style, file);
    free(seed);
}
