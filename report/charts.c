/* charts.c - see charts.h. */
#include "report/charts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

/* One chart being written: its script and its data. */
struct chart {
    char *name;
    struct text script, data;
    size_t series; /* data blocks so far */
    size_t drawn;  /* lines, bars and marks made of them */
};

/*
 * How one series is drawn. Contenders beyond the number of colours have the colours
 * again with another mark.
 */
#define ROUNDS 3
struct drawing {
    const char *columns, *with, *marks[ROUNDS];
};

static const struct drawing estimates = {
    "1:2:3:4", "yerrorlines lw 2 ps 0.7", {"pt 7", "pt 5", "pt 13"}};
static const struct drawing theory_line = {"1:2", "lines lw 1", {"dt 2", "dt 3", "dt 4"}};
static const struct drawing bar = {
    "1:2", "boxes", {"fill solid 0.85", "fill pattern 1", "fill pattern 2"}};
static const struct drawing percentiles = {
    "1:2", "linespoints lw 2 ps 0.7", {"pt 7", "pt 5", "pt 13"}};
static const struct drawing lower_bounds = {
    "1:($3 > 0 ? $2 : NaN)", "points ps 1.6 lw 2", {"pt 8", "pt 8", "pt 8"}};

/*
 * Colours that the colour-blind tell apart (M. Okabe and K. Ito, "Color Universal
 * Design", 2008); a contender has the same one in all charts.
 */
static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                      "#E69F00", "#56B4E9", "#000000", "#999933"};
#define COLOUR_COUNT (sizeof colours / sizeof *colours)

static size_t style_of(const struct comparison *comparison, const struct row *row)
{
    return (size_t)(row->contender - comparison->results->experiment.contenders.items);
}

/* ---- the frame of every script ---------------------------------------------------- */

static void chart_begin(struct chart *chart, const struct scenario *scenario,
                        const char *suffix, const char *label, const char *at)
{
    *chart = (struct chart){.name = memory_printf("%s-%s", scenario->name, suffix)};
    text_printf(&chart->script,
                "# Draws %s.svg and %s.png: gnuplot %s.gp\n"
                "set terminal svg size 960,600 font 'Helvetica,15' background 'white' "
                "noenhanced\n"
                "set output '%s.svg'\n"
                "set encoding utf8\n"
                "set title \"%s%s\\n%s\"\n"
                "set ylabel '%s'\n"
                "set key outside right top Left reverse\n"
                "set grid ytics lc rgb '#bbbbbb'\n"
                "set border 3\nset tics nomirror\n",
                chart->name, chart->name, chart->name, chart->name, scenario->title, at,
                scenario->question, label);
    text_printf(&chart->data, "# %s: %s%s\n", scenario->name, label, at);
}

/* Draws the data block that stands at `index`; NULL: without a title. */
static void chart_draw(struct chart *chart, size_t index, size_t style, const char *title,
                       const struct drawing *drawing)
{
    text_printf(&chart->script, "%s '%s.dat' index %zu using %s with %s %s lc rgb '%s' ",
                chart->drawn++ ? ", \\\n    " : "plot", chart->name, index,
                drawing->columns, drawing->with,
                drawing->marks[style / COLOUR_COUNT % ROUNDS],
                colours[style % COLOUR_COUNT]);
    if (title)
        text_printf(&chart->script, "title '%s'", title);
    else
        text_append_string(&chart->script, "notitle");
}

/* Ends the data block that was appended, and draws it. */
static void chart_add_series(struct chart *chart, size_t style, const char *title,
                             const struct drawing *drawing)
{
    chart_draw(chart, chart->series++, style, title, drawing);
    text_append_string(&chart->data, "\n\n"); /* gnuplot's end of a block */
}

static int chart_save(struct chart *chart, const char *path, struct error *error)
{
    text_printf(&chart->script,
                "\nset terminal pngcairo size 1440,900 font 'Helvetica,20' noenhanced\n"
                "set output '%s.png'\nreplot\n",
                chart->name);
    const struct part {
        const char *suffix;
        const struct text *text;
    } parts[] = {{"gp", &chart->script}, {"dat", &chart->data}};
    int result = 0;
    for (size_t i = 0; i < 2 && chart->series && result == 0; i++) {
        char *file = memory_printf("%s/plots/%s.%s", path, chart->name, parts[i].suffix);
        result = file_write_atomic(file, text_string(parts[i].text),
                                   parts[i].text->length, error);
        free(file);
    }
    return result;
}

static void chart_release(struct chart *chart)
{
    free(chart->name);
    text_release(&chart->script);
    text_release(&chart->data);
}

/* ---- a metric over the sweep, or as bars ------------------------------------------ */

/* The rows of a scenario stand together: by point, then by contender. */
struct rows {
    const struct row *first;
    size_t count;
};

static struct rows rows_of(const struct comparison *comparison, size_t from)
{
    struct rows rows = {&comparison->rows[from], 0};
    while (from + rows.count < comparison->row_count &&
           rows.first[rows.count].scenario == rows.first->scenario)
        rows.count++;
    return rows;
}

static bool is_swept_over_numbers(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->sweep.values.count; i++) {
        char *end;
        if (strtod(scenario->sweep.values.items[i], &end) <= 0 || *end)
            return false;
    }
    return scenario->sweep.variable && scenario->sweep.values.count > 1;
}

/* "x median low high", the interval being the point itself where there is none. */
static void append_estimate(struct text *data, const char *x,
                            const struct estimate *estimate, double unit)
{
    const struct interval *interval = &estimate->interval;
    text_printf(data, "%s %.9g %.9g %.9g\n", x, estimate->median / unit,
                (interval->exists ? interval->low : estimate->median) / unit,
                (interval->exists ? interval->high : estimate->median) / unit);
}

static bool is_first_of_contender(const struct rows *rows, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (rows->first[i].contender == rows->first[index].contender)
            return false;
    return true;
}

static void add_sweep_series(struct chart *chart, const struct comparison *comparison,
                             const struct rows *rows, const struct row *of,
                             enum metric_id metric)
{
    size_t points = 0, predicted = 0;
    double unit = metrics[metric].chart.unit;
    struct text theory = {0};
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->first[i];
        const struct estimate *estimate = &row->estimates[metric];
        const struct prediction *prediction =
            row_prediction(row, (struct figure){metric, ALL_REQUESTS});
        if (row->contender != of->contender || !estimate->count)
            continue;
        append_estimate(&chart->data, row->value, estimate, unit);
        points++;
        if (prediction) {
            text_printf(&theory, "%s %.9g\n", row->value, prediction->value / unit);
            predicted++;
        }
    }
    size_t style = style_of(comparison, of);
    if (points)
        chart_add_series(chart, style, of->contender->label, &estimates);
    if (predicted > 1) {
        text_append_string(&chart->data, text_string(&theory));
        chart_add_series(chart, style, NULL, &theory_line);
    }
    text_release(&theory);
}

static void add_bar(struct chart *chart, const struct comparison *comparison,
                    const struct row *row, enum metric_id metric)
{
    const struct estimate *estimate = &row->estimates[metric];
    if (!estimate->count)
        return;
    char x[32];
    snprintf(x, sizeof x, "%zu", chart->series);
    append_estimate(&chart->data, x, estimate, metrics[metric].chart.unit);
    chart_add_series(chart, style_of(comparison, row), row->contender->label, &bar);
}

static bool has_theory(const struct rows *rows, enum metric_id metric)
{
    for (size_t i = 0; i < rows->count; i++)
        if (row_prediction(&rows->first[i], (struct figure){metric, ALL_REQUESTS}))
            return true;
    return false;
}

static int write_metric(const char *path, const struct comparison *comparison,
                        const struct rows *rows, enum metric_id metric,
                        struct error *error)
{
    const struct scenario *scenario = rows->first->scenario;
    bool swept = is_swept_over_numbers(scenario);
    const char *last = rows->first[rows->count - 1].value;
    char *at = !swept && last ? memory_printf(" (%s %s)", scenario->sweep.variable, last)
                              : memory_copy_string("");
    struct chart chart;
    chart_begin(&chart, scenario, metrics[metric].chart.suffix,
                metrics[metric].chart.label, at);
    if (swept)
        text_printf(&chart.script,
                    "set logscale xy\nset xlabel '%s%s'\nset format y '%%.0s%%c'\n",
                    scenario->sweep.variable,
                    has_theory(rows, metric) ? " (dashed: theory)" : "");
    else
        text_append_string(&chart.script, "set boxwidth 0.7\nset offsets 0.5, 0.5, 0, 0\n"
                                          "set yrange [0:]\nunset xtics\n");
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->first[i];
        if (swept && is_first_of_contender(rows, i))
            add_sweep_series(&chart, comparison, rows, row, metric);
        else if (!swept && row_same_cell(row, &rows->first[rows->count - 1]))
            add_bar(&chart, comparison, row, metric);
    }
    int result = chart_save(&chart, path, error);
    chart_release(&chart);
    free(at);
    return result;
}

/* ---- latency by percentile -------------------------------------------------------- */

/* Where a percentile stands on the axis: one in so many requests took longer. */
static double one_in(const struct metric *metric)
{
    return 1 / (1 - metric->percentile.fraction);
}

/* A row's line; what is only a lower bound is marked as such. */
static void add_percentiles(struct chart *chart, const struct comparison *comparison,
                            const struct row *row, int class_index)
{
    size_t points = 0, bounds = 0, style = style_of(comparison, row);
    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        const struct estimate *estimate =
            row_estimate(row, (struct figure){m, class_index});
        /* Of trials of which only some have it, it would not be the median. */
        if (metrics[m].percentile.fraction <= 0 || !estimate->count ||
            estimate->count < row->used_count)
            continue;
        text_printf(&chart->data, "%.9g %.9g %d\n", one_in(&metrics[m]),
                    estimate->median / 1e6, estimate->at_least);
        points++;
        bounds += estimate->at_least;
    }
    if (points)
        chart_add_series(chart, style, row->contender->label, &percentiles);
    if (bounds)
        chart_draw(chart, chart->series - 1, style, NULL, &lower_bounds);
}

static void add_percentile_tics(struct text *script)
{
    const char *separator = "";
    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        if (metrics[m].percentile.fraction <= 0 || !*metrics[m].percentile.label)
            continue;
        text_printf(script, "%s'%s' %.9g", separator, metrics[m].percentile.label,
                    one_in(&metrics[m]));
        separator = ", ";
    }
}

/* The first class stands for the polite client; without classes, all requests. */
static int write_percentiles(const char *path, const struct comparison *comparison,
                             const struct rows *rows, struct error *error)
{
    const struct scenario *scenario = rows->first->scenario;
    const struct row *last = &rows->first[rows->count - 1];
    const char *class_name = scenario->workload.requests[0].class_name;
    int class_index = workload_class_index(&scenario->workload, class_name);
    struct text at = {0};
    if (class_index != ALL_REQUESTS)
        text_printf(&at, ", class %s", class_name);
    if (last->value)
        text_printf(&at, " (%s %s)", scenario->sweep.variable, last->value);
    struct chart chart;
    chart_begin(&chart, scenario, "latency", "latency, milliseconds (less is better)",
                text_string(&at));
    text_append_string(
        &chart.script,
        "set logscale xy\nset xlabel 'percentile (triangle: at least so much)'\n"
        "set format y '%g'\nset xtics (");
    add_percentile_tics(&chart.script);
    text_append_string(&chart.script, ")\n");
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->first[i];
        if (row_same_cell(row, last))
            add_percentiles(&chart, comparison, row, class_index);
    }
    int result = chart_save(&chart, path, error);
    chart_release(&chart);
    text_release(&at);
    return result;
}

int charts_write(const char *path, const struct comparison *comparison,
                 struct error *error)
{
    char *folder = memory_printf("%s/plots", path);
    int result = file_make_folders(folder, error);
    free(folder);
    for (size_t i = 0; i < comparison->row_count && result == 0;) {
        struct rows rows = rows_of(comparison, i);
        for (enum metric_id m = 0; m < METRIC_COUNT && result == 0; m++)
            if (metrics[m].chart.suffix)
                result = write_metric(path, comparison, &rows, m, error);
        if (result == 0)
            result = write_percentiles(path, comparison, &rows, error);
        i += rows.count;
    }
    return result;
}
