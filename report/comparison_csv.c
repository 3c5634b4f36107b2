/* comparison_csv.c - see comparison_csv.h. */
#include "report/comparison_csv.h"

#include <math.h>
#include <stdlib.h>

#include "base/table.h"

static void add_number(struct table *table, double value)
{
    if (isfinite(value))
        table_add_cellf(table, "%.9g", value);
    else
        table_add_cell(table, NULL);
}

/* What lines of the row have in common. */
static void start_line(struct table *table, const struct row *row)
{
    table_start_row(table);
    table_add_cell(table, row->scenario->name);
    table_add_cell(table, row->scenario->family);
    table_add_cell(table, row->scenario->sweep.variable);
    table_add_cell(table, row->value);
    table_add_cell(table, row->contender->label);
    table_add_cell(table, row_status_names[row->status]);
}

static void add_line(struct table *table, const struct row *row, struct figure figure)
{
    const struct estimate *estimate = row_estimate(row, figure);
    const struct prediction *prediction = row_prediction(row, figure);
    if (!estimate->count && !prediction)
        return;
    const struct interval *interval = &estimate->interval;
    char *name = metric_file_name(
        figure.metric, workload_class(&row->scenario->workload, figure.class_index));
    start_line(table, row);
    table_add_cell(table, name);
    table_add_cellf(table, "%zu", estimate->count);
    add_number(table, estimate->count ? estimate->median : (double)NAN);
    add_number(table, interval->exists ? interval->low : (double)NAN);
    add_number(table, interval->exists ? interval->high : (double)NAN);
    add_number(table, interval->exists ? interval->confidence : (double)NAN);
    add_number(table, estimate->least);
    add_number(table, estimate->greatest);
    table_add_cell(table, prediction ? relation_names[prediction->relation] : NULL);
    add_number(table, prediction ? prediction->value : (double)NAN);
    table_add_cell(table, row->why);
    table_add_cell(table, model_kind(row->contender->model));
    table_add_cell(table, row->remarks);
    table_add_cell(table, estimate->count ? bound_words[estimate->bound] : NULL);
    free(name);
}

/* A row without any figure still has its line, with the reason. */
static void add_empty_line(struct table *table, const struct row *row)
{
    start_line(table, row);
    for (size_t i = 0; i < 10; i++)
        table_add_cell(table, NULL);
    table_add_cell(table, row->why);
    table_add_cell(table, model_kind(row->contender->model));
    table_add_cell(table, row->remarks);
    table_add_cell(table, NULL);
}

void comparison_csv_print(const struct comparison *comparison, FILE *file)
{
    static const char *const headers[] = {
        "scenario", "family",    "variable", "point", "model",      "status", "metric",
        "trials",   "median",    "low",      "high",  "confidence", "least",  "greatest",
        "relation", "predicted", "note",     "kind",  "remarks",    "bound"};
    struct table *table = table_create();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        table_add_column(table, headers[i], TABLE_LEFT);
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        if (row->used_count == 0) {
            add_empty_line(table, row);
            continue;
        }
        for (int c = ALL_REQUESTS; c < (int)row->class_count; c++)
            for (enum metric_id m = 0; m < METRIC_COUNT; m++)
                if (metric_is_filed(m, c != ALL_REQUESTS))
                    add_line(table, row, (struct figure){m, c});
    }
    table_print(table, TABLE_CSV, file);
    table_free(table);
}
