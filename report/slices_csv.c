/* slices_csv.c - see slices_csv.h. */
#include "report/slices_csv.h"

#include <inttypes.h>
#include <math.h>

#include "analysis/slice_cells.h"
#include "base/table.h"

#define CONFIDENCE 0.95

static void add_columns(struct table *table, const char *const *headers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        table_add_column(table, headers[i], TABLE_LEFT);
}

/* What was not measured has an empty cell. */
static void add_number(struct table *table, double value)
{
    if (isfinite(value))
        table_add_cellf(table, "%.9g", value);
    else
        table_add_cell(table, NULL);
}

static void add_slices(struct table *table, const struct trial_record *trial)
{
    const struct slice_series *series = trial->slices->series;
    for (size_t i = 0; series && i < series->slice_count; i++) {
        const struct slice *slice = &series->slices[i];
        const double values[] = {
            slice->t_s,
            slice->duration_s,
            (double)slice->counts.scheduled,
            (double)slice->counts.ended[OUTCOME_OK],
            slice->throughput_rps,
            slice->latency_mean_ns,
            slice->latency_p50_ns,
            slice->latency_p99_ns,
            (double)slice->replies,
            slice->cpu_s,
            slice->idle_cpu_s,
            slice->generator_cpu_s,
            slice->generator_run_delay_s,
        };
        table_start_row(table);
        table_add_cell(table, trial->id);
        table_add_cellf(table, "%" PRIu64, trial->block);
        table_add_cell(table, trial->scenario);
        table_add_cell(table, trial->point.variable);
        table_add_cell(table, trial->point.value);
        table_add_cell(table, trial->slices->against);
        table_add_cell(table, trial->model);
        table_add_cellf(table, "%" PRIu64, slice->turn);
        table_add_cell(table, slice->side == SLICE_FIRST ? "first" : "second");
        table_add_cell(table, trial->valid && slice->valid ? "true" : "false");
        for (size_t v = 0; v < sizeof values / sizeof *values; v++)
            add_number(table, values[v]);
    }
}

void slices_csv_print(const struct comparison *comparison, FILE *file)
{
    static const char *const headers[] = {"trial",
                                          "pair",
                                          "scenario",
                                          "variable",
                                          "point",
                                          "first",
                                          "second",
                                          "turn",
                                          "side",
                                          "valid",
                                          "t_s",
                                          "duration_s",
                                          "scheduled",
                                          "ok",
                                          "throughput_rps",
                                          "latency_mean_ns",
                                          "latency_p50_ns",
                                          "latency_p99_ns",
                                          "replies",
                                          "cpu_s",
                                          "idle_cpu_s",
                                          "generator_cpu_s",
                                          "generator_run_delay_s"};
    struct table *table = table_create();
    add_columns(table, headers, sizeof headers / sizeof *headers);
    for (size_t i = 0; i < comparison->results->trial_count; i++)
        if (comparison->results->trials[i].slices)
            add_slices(table, &comparison->results->trials[i]);
    table_print(table, TABLE_CSV, file);
    table_free(table);
}

static void add_ratio(struct table *table, const struct results *results,
                      const struct row *row, enum metric_id metric)
{
    struct slice_cell cell = slice_cell_of(results, row);
    struct slice_ratio ratio = slice_ratio_of(results, &cell, metric, CONFIDENCE);
    struct noise_floor noise = slice_noise_of(results, &cell, metric);
    bool exists = ratio.interval.exists;
    const double values[] = {
        ratio.value,
        exists ? ratio.interval.low : (double)NAN,
        exists ? ratio.interval.high : (double)NAN,
        noise.floor,
        ratio.spread,
        ratio.turn_spread,
    };
    table_start_row(table);
    table_add_cell(table, cell.scenario);
    table_add_cell(table, row->value ? row->scenario->sweep.variable : NULL);
    table_add_cell(table, cell.value);
    table_add_cell(table, cell.first);
    table_add_cell(table, cell.second);
    table_add_cell(table, metrics[metric].name);
    table_add_cellf(table, "%zu", ratio.pairs);
    table_add_cellf(table, "%zu", ratio.turns);
    table_add_cellf(table, "%zu", ratio.unused);
    table_add_cell(table, ratio.invalid ? "false" : "true");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        add_number(table, values[i]);
}

void slice_ratios_csv_print(const struct comparison *comparison, FILE *file)
{
    static const char *const headers[] = {
        "scenario", "variable",    "point",  "first",      "second", "metric",
        "pairs",    "turns",       "unused", "valid",      "ratio",  "low",
        "high",     "noise_floor", "spread", "turn_spread"};
    struct table *table = table_create();
    add_columns(table, headers, sizeof headers / sizeof *headers);
    for (size_t i = 0; i < comparison->row_count; i++)
        for (size_t m = 0; slice_metrics[m] != METRIC_COUNT; m++)
            add_ratio(table, comparison->results, &comparison->rows[i], slice_metrics[m]);
    table_print(table, TABLE_CSV, file);
    table_free(table);
}
