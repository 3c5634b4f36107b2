/* view.c - see view.h. */
#include "harness/view.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define CELL_BYTES 128

/* ---- the columns ----------------------------------------------------------------------
 */

/*
 * Which figures a scenario's table has: those that tell most come first. A column
 * without any value in the scenario is left out. Latencies of all requests give way to
 * those of the classes where a scenario has several.
 */
struct view_column {
    enum metric_id metric;
    bool all_requests; /* not shown where the classes are told apart */
};

static const struct view_column columns[] = {
    {METRIC_LATENCY_P50, true},      {METRIC_LATENCY_P99, true},
    {METRIC_LATENCY_P999, true},     {METRIC_CORES, false},
    {METRIC_CPU_PER_REQUEST, false}, {METRIC_VOLUNTARY, false},
    {METRIC_INVOLUNTARY, false},     {METRIC_THREADS, false},
    {METRIC_MEMORY, false},          {METRIC_MEMORY_PER_CONNECTION, false},
};

/* The figures of a class that get a column. */
static const enum class_metric_id class_columns[] = {CLASS_P50, CLASS_P99};

/* The rows of one scenario: first, first + 1, ... */
struct group {
    const struct row *rows;
    size_t count;
};

static bool any_value(const struct group *group, enum metric_id metric)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->rows[i].estimates[metric].count > 0)
            return true;
    return false;
}

static bool is_shown(const struct group *group, const struct view_column *column)
{
    bool by_class = group->rows[0].class_count > 1;
    return any_value(group, column->metric) && !(column->all_requests && by_class);
}

static bool any_prediction(const struct group *group, const char *metric)
{
    for (size_t i = 0; i < group->count; i++)
        if (row_prediction(&group->rows[i], metric))
            return true;
    return false;
}

static bool any_errors(const struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->rows[i].estimates[METRIC_ERRORS].greatest > 0)
            return true;
    return false;
}

static bool any_measured(const struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->rows[i].used_count > 0)
            return true;
    return false;
}

/* ---- cells
 * ------------------------------------------------------------------------------ */

/* "19.9k [19.8k, 20.1k]", the interval only where there is one. */
static void add_estimate(struct table *table, enum quantity_unit unit,
                         const struct estimate *estimate, bool with_interval)
{
    char median[CELL_BYTES], low[CELL_BYTES], high[CELL_BYTES];
    metric_format(unit, estimate->count ? estimate->median : (double)NAN, median,
                  sizeof median);
    if (!with_interval || !estimate->interval.exists) {
        table_add_cell(table, median);
        return;
    }
    metric_format(unit, estimate->interval.low, low, sizeof low);
    metric_format(unit, estimate->interval.high, high, sizeof high);
    table_add_cellf(table, "%s [%s, %s]", median, low, high);
}

static void add_prediction(struct table *table, const struct row *row, const char *metric,
                           enum quantity_unit unit)
{
    const struct prediction *prediction = row_prediction(row, metric);
    if (!prediction) {
        table_add_cell(table, "");
        return;
    }
    char value[CELL_BYTES];
    table_add_cellf(table, "%s%s",
                    prediction->relation == RELATION_EQUAL
                        ? ""
                        : relation_names[prediction->relation],
                    metric_format(unit, prediction->value, value, sizeof value));
}

static void add_class_prediction_name(const struct row_class *class, char *name,
                                      size_t bytes)
{
    snprintf(name, bytes, "class.%.40s.%s", class->name, class_metrics[CLASS_P99].name);
}

static void add_errors(struct table *table, const struct row *row)
{
    const struct estimate *share = &row->estimates[METRIC_ERROR_SHARE];
    if (!share->count)
        table_add_cell(table, "-");
    else if (share->median == 0)
        table_add_cell(table, "0");
    else
        table_add_cellf(table, "%.2g %%", 100 * share->median);
}

/* ---- a scenario's table
 * ------------------------------------------------------------------- */

static void add_columns(struct table *table, const struct group *group)
{
    const struct row *first = &group->rows[0];
    if (first->value)
        table_add_column(table, first->scenario->sweep.variable, TABLE_RIGHT);
    table_add_column(table, "Model", TABLE_LEFT);
    table_add_column(table, metrics[METRIC_THROUGHPUT].header, TABLE_RIGHT);
    if (any_prediction(group, metrics[METRIC_THROUGHPUT].name))
        table_add_column(table, "theory", TABLE_RIGHT);
    for (size_t c = 0; first->class_count > 1 && c < first->class_count; c++) {
        char name[CELL_BYTES], header[CELL_BYTES];
        for (size_t m = 0; m < sizeof class_columns / sizeof *class_columns; m++) {
            snprintf(header, sizeof header, "%s %s", first->classes[c].name,
                     class_metrics[class_columns[m]].header);
            table_add_column(table, header, TABLE_RIGHT);
        }
        add_class_prediction_name(&first->classes[c], name, sizeof name);
        if (any_prediction(group, name))
            table_add_column(table, "theory", TABLE_RIGHT);
    }
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (!is_shown(group, &columns[i]))
            continue;
        table_add_column(table, metrics[columns[i].metric].header, TABLE_RIGHT);
        if (columns[i].metric == METRIC_LATENCY_P50 &&
            any_prediction(group, metrics[METRIC_LATENCY_P50].name))
            table_add_column(table, "theory", TABLE_RIGHT);
    }
    if (any_errors(group))
        table_add_column(table, "errors", TABLE_RIGHT);
}

static void add_class_cells(struct table *table, const struct group *group,
                            const struct row *row)
{
    for (size_t c = 0; row->class_count > 1 && c < row->class_count; c++) {
        const struct row_class *class = &row->classes[c];
        for (size_t m = 0; m < sizeof class_columns / sizeof *class_columns; m++)
            add_estimate(table, class_metrics[class_columns[m]].unit,
                         &class->estimates[class_columns[m]], false);
        char name[CELL_BYTES];
        add_class_prediction_name(class, name, sizeof name);
        if (any_prediction(group, name))
            add_prediction(table, row, name, QUANTITY_TIME);
    }
}

static void add_row_cells(struct table *table, const struct group *group,
                          const struct row *row)
{
    bool first_of_point = row == group->rows || !row_same_cell(row, row - 1);
    table_start_row(table);
    if (row->value)
        table_add_cell(table, first_of_point ? row->value : "");
    table_add_cell(table, row->contender->label);
    if (row->used_count == 0) {
        table_add_cell(table, row_status_names[row->status]);
        return; /* no figures; the reason stands below the table */
    }
    const struct metric *throughput = &metrics[METRIC_THROUGHPUT];
    add_estimate(table, throughput->unit, &row->estimates[METRIC_THROUGHPUT], true);
    if (any_prediction(group, throughput->name))
        add_prediction(table, row, throughput->name, throughput->unit);
    add_class_cells(table, group, row);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (!is_shown(group, &columns[i]))
            continue;
        const struct metric *metric = &metrics[columns[i].metric];
        add_estimate(table, metric->unit, &row->estimates[columns[i].metric], false);
        if (columns[i].metric == METRIC_LATENCY_P50 &&
            any_prediction(group, metric->name))
            add_prediction(table, row, metric->name, metric->unit);
    }
    if (any_errors(group))
        add_errors(table, row);
}

/* What the table has no room for: failures, flags, obstacles. */
static void print_notes(const struct group *group, enum table_style style, FILE *file)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct row *row = &group->rows[i];
        if (!row->why)
            continue;
        fprintf(file, "%s%s", style == TABLE_MARKDOWN ? "- " : "  ",
                row->contender->label);
        if (row->value)
            fprintf(file, " at %s %s", row->scenario->sweep.variable, row->value);
        fprintf(file, ": %s%s%s\n",
                row->status == ROW_MEASURED ? "some trials left out"
                                            : row_status_names[row->status],
                ": ", row->why);
    }
}

static void print_heading(const struct scenario *scenario, enum table_style style,
                          FILE *file)
{
    if (style == TABLE_MARKDOWN)
        fprintf(file, "\n## %s: %s\n\n%s\n\n", scenario->name, scenario->title,
                scenario->question);
    else
        fprintf(file, "\n%s: %s\n%s\n\n", scenario->name, scenario->title,
                scenario->question);
}

static void print_group(const struct group *group, enum table_style style, FILE *file)
{
    print_heading(group->rows[0].scenario, style, file);
    if (any_measured(group)) {
        struct table *table = table_create();
        add_columns(table, group);
        for (size_t i = 0; i < group->count; i++)
            add_row_cells(table, group, &group->rows[i]);
        table_print(table, style, file);
        table_free(table);
    }
    if (style == TABLE_MARKDOWN)
        fputc('\n', file);
    print_notes(group, style, file);
}

/* ---- the whole
 * ---------------------------------------------------------------------------- */

static void print_summary(const struct summary *summary, enum table_style style,
                          FILE *file)
{
    struct table *table = table_create();
    table_add_column(table, "Model", TABLE_LEFT);
    table_add_column(table, "Concurrency type", TABLE_LEFT);
    table_add_column(table, "CPU usage", TABLE_LEFT);
    table_add_column(table, "Ideal use", TABLE_LEFT);
    for (size_t i = 0; i < summary->row_count; i++) {
        const struct summary_row *row = &summary->rows[i];
        table_start_row(table);
        table_add_cell(table, row->contender->label);
        table_add_cell(table, row->type.text);
        table_add_cell(table, row->cpu.text);
        table_add_cell(table, row->use.text);
    }
    fputs(style == TABLE_MARKDOWN ? "\n## Summary\n\n" : "\nSummary\n\n", file);
    table_print(table, style, file);
    table_free(table);
}

/* How sure the figures are: said once, for it is the same for all. */
static void print_basis(const struct comparison *comparison, enum table_style style,
                        FILE *file)
{
    double confidence;
    size_t repeat = (size_t)comparison->run.repeat;
    size_t rank = statistics_median_rank(repeat, 0.025, &confidence);
    const char *gap = style == TABLE_MARKDOWN ? "\n" : "";
    fprintf(file, "%s\n", gap);
    if (repeat == 1)
        fprintf(file, "One trial of each, so no intervals: small differences mean "
                      "nothing (--profile standard has six).\n");
    else if (rank == 0)
        fprintf(file,
                "Medians of %zu trials; too few for 95 %% intervals (6 have "
                "one).\n",
                repeat);
    else
        fprintf(file, "Medians of %zu trials [%.1f %% interval of the median].\n", repeat,
                100 * confidence);
    fprintf(file,
            "%sTheory: the arithmetic of METHOD 4 for this wait, work, threads and "
            "cores. vol, inv: context switches.\n",
            gap);
    fprintf(file, "%sSeed %llu, profile %s.\n", gap,
            (unsigned long long)comparison->run.seed, comparison->run.profile);
}

void view_print(const struct comparison *comparison, const struct summary *summary,
                enum table_style style, FILE *file)
{
    if (style == TABLE_MARKDOWN)
        fprintf(file, "# Comparison of concurrency models\n");
    for (size_t i = 0; i < comparison->row_count;) {
        struct group group = {&comparison->rows[i], 0};
        while (i < comparison->row_count &&
               comparison->rows[i].scenario == group.rows[0].scenario) {
            group.count++;
            i++;
        }
        print_group(&group, style, file);
    }
    print_summary(summary, style, file);
    print_basis(comparison, style, file);
}
