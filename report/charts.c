/* charts.c - see charts.h. */
#include "report/charts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "report/group.h"

/* One chart being written: its script, what that plots, and its data. */
struct chart {
    char *name;
    struct text script, title, plot, data;
    size_t blocks;          /* of data, so far */
    size_t block[BOUNDS];   /* figures of the one that is being made, by their bound */
    size_t figures[BOUNDS]; /* ... of all others */
};

/*
 * How one series is drawn, by what its figures prove: columns are x, the figure, its
 * enum bound, and the ends of its interval. Contenders beyond the number of colours have
 * the colours again with another mark.
 */
#define ROUNDS 3
struct drawing {
    const char *with[BOUNDS]; /* NULL: with the sign of the bound alone */
    const char *interval;     /* the columns of it, or "" */
    const char *marks[ROUNDS];
};

static const struct drawing estimates = {
    {"yerrorlines lw 2 ps 0.7"}, ":4:5", {"pt 7", "pt 5", "pt 13"}};
static const struct drawing bar = {
    {"boxes", "boxes fill empty lw 2", "boxes fill empty lw 2", "boxes fill pattern 4"},
    "",
    {"fill solid 0.85", "fill solid 0.55", "fill solid 0.3"}};
static const struct drawing percentiles = {
    {"linespoints lw 2 ps 0.7"}, "", {"pt 7", "pt 5", "pt 13"}};

static const char *const theory_dashes[ROUNDS] = {"dt 2", "dt 3", "dt 4"};

/* What is no exact figure has an open sign, which no line joins with others. */
static const struct sign {
    const char *with, *meaning;
} signs[BOUNDS] = {
    [BOUND_AT_LEAST] = {"points pt 8 ps 1.6 lw 2", "at least so much"},
    [BOUND_AT_MOST] = {"points pt 10 ps 1.6 lw 2", "at most so much"},
    [BOUND_NOTHING] = {"points pt 6 ps 1.2 lw 2", "not to be used"},
};
static const char grey[] = "#999999"; /* of what must not be used */

/*
 * Colours that the colour-blind tell apart (M. Okabe and K. Ito, "Color Universal
 * Design", 2008); a contender has the same one in all charts.
 */
static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                      "#E69F00", "#56B4E9", "#000000", "#999933"};
#define COLOUR_COUNT (sizeof colours / sizeof *colours)

static size_t style_of(const struct group *group, const struct row *row)
{
    return (size_t)(row->contender -
                    group->comparison->results->experiment.contenders.items);
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
                "set ylabel '%s'\n"
                "set key outside right top Left reverse\n"
                "set grid ytics lc rgb '#bbbbbb'\n"
                "set border 3\nset tics nomirror\n",
                chart->name, chart->name, chart->name, chart->name, label);
    text_printf(&chart->title, "%s%s\\n%s", scenario->title, at, scenario->question);
    text_printf(&chart->data, "# %s: %s%s\n", scenario->name, label, at);
}

/* "x figure bound low high", the interval being the figure where there is none. */
static void chart_add_figure(struct chart *chart, const char *x,
                             const struct estimate *estimate, double unit)
{
    const struct interval *interval = &estimate->interval;
    text_printf(&chart->data, "%s %.9g %d %.9g %.9g\n", x, estimate->median / unit,
                (int)estimate->bound,
                (interval->exists ? interval->low : estimate->median) / unit,
                (interval->exists ? interval->high : estimate->median) / unit);
    chart->block[estimate->bound]++;
}

/* Begins what is plotted of the data block that is being made. */
static void chart_plot(struct chart *chart, const char *columns, const char *with)
{
    text_printf(&chart->plot, "%s '%s.dat' index %zu using %s with %s",
                chart->plot.length ? ", \\\n    " : "plot", chart->name, chart->blocks,
                columns, with);
}

static void chart_end_block(struct chart *chart)
{
    text_append_string(&chart->data, "\n\n"); /* as gnuplot has it */
    chart->blocks++;
}

/* The figures of the block which prove this, and no others. */
static void chart_plot_bound(struct chart *chart, enum bound bound, const char *with,
                             const char *interval, const char *marks, const char *colour,
                             const char *title)
{
    char *columns = memory_printf("1:($3 == %d ? $2 : NaN)%s", (int)bound, interval);
    chart_plot(chart, columns, with);
    text_printf(&chart->plot, " %s%slc rgb '%s' ", marks, *marks ? " " : "",
                bound == BOUND_NOTHING ? grey : colour);
    if (title)
        text_printf(&chart->plot, "title '%s'", title);
    else
        text_append_string(&chart->plot, "notitle");
    free(columns);
}

static size_t count_figures(const size_t by_bound[BOUNDS])
{
    size_t all = 0;
    for (enum bound bound = 0; bound < BOUNDS; bound++)
        all += by_bound[bound];
    return all;
}

/* Plots the data block and ends it; its title is in the key once. */
static void chart_end_series(struct chart *chart, size_t style, const char *title,
                             const struct drawing *drawing)
{
    const char *colour = colours[style % COLOUR_COUNT];
    if (count_figures(chart->block) == 0)
        return;
    for (enum bound bound = 0; bound < BOUNDS; bound++) {
        if (!chart->block[bound])
            continue;
        const char *marks = drawing->marks[style / COLOUR_COUNT % ROUNDS];
        if (drawing->with[bound]) {
            chart_plot_bound(chart, bound, drawing->with[bound], drawing->interval,
                             bound == BOUND_EXACT ? marks : "", colour, title);
            title = NULL;
        }
        if (signs[bound].with) {
            chart_plot_bound(chart, bound, signs[bound].with, "", "", colour, title);
            title = NULL;
        }
        chart->figures[bound] += chart->block[bound];
        chart->block[bound] = 0;
    }
    chart_end_block(chart);
}

/* In the key what each sign says, and below the title how many figures have it. */
static void chart_explain_signs(struct chart *chart)
{
    const char *separator = ":";
    for (enum bound bound = 0; bound < BOUNDS; bound++) {
        if (!signs[bound].with || !chart->figures[bound])
            continue;
        if (*separator == ':')
            text_printf(&chart->title, "\\nOf %zu figures",
                        count_figures(chart->figures));
        text_printf(&chart->title, "%s %zu %s", separator, chart->figures[bound],
                    signs[bound].meaning);
        text_printf(&chart->plot, ", \\\n    keyentry with %s lc rgb '%s' title '%s'",
                    signs[bound].with, bound == BOUND_NOTHING ? grey : "#000000",
                    signs[bound].meaning);
        separator = ",";
    }
}

static int chart_save(struct chart *chart, const char *path, struct error *error)
{
    chart_explain_signs(chart);
    text_printf(&chart->script, "set title \"%s\"\n%s", text_string(&chart->title),
                text_string(&chart->plot));
    text_printf(&chart->script,
                "\nset terminal pngcairo size 1440,900 font 'Helvetica,20' noenhanced\n"
                "set output '%s.png'\nreplot\n",
                chart->name);
    const struct part {
        const char *suffix;
        const struct text *text;
    } parts[] = {{"gp", &chart->script}, {"dat", &chart->data}};
    int result = 0;
    for (size_t i = 0; i < 2 && chart->blocks && result == 0; i++) {
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
    text_release(&chart->title);
    text_release(&chart->plot);
    text_release(&chart->data);
}

/* ---- a metric over the sweep, or as bars ------------------------------------------ */

static bool is_swept_over_numbers(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->sweep.values.count; i++) {
        char *end;
        if (strtod(scenario->sweep.values.items[i], &end) <= 0 || *end)
            return false;
    }
    return scenario->sweep.variable && scenario->sweep.values.count > 1;
}

static bool is_first_of_contender(const struct group *group, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (group->rows[i].contender == group->rows[index].contender)
            return false;
    return true;
}

static void add_sweep_series(struct chart *chart, const struct group *group,
                             const struct row *of, enum metric_id metric)
{
    size_t predicted = 0;
    double unit = metrics[metric].chart.unit;
    struct text theory = {0};
    for (size_t i = 0; i < group->count; i++) {
        const struct row *row = &group->rows[i];
        const struct estimate *estimate = &row->estimates[metric];
        const struct prediction *prediction =
            row_prediction(row, (struct figure){metric, ALL_REQUESTS});
        if (row->contender != of->contender || !estimate->count)
            continue;
        chart_add_figure(chart, row->value, estimate, unit);
        if (prediction) {
            text_printf(&theory, "%s %.9g\n", row->value, prediction->value / unit);
            predicted++;
        }
    }
    size_t style = style_of(group, of);
    chart_end_series(chart, style, of->contender->label, &estimates);
    if (predicted > 1) {
        text_append_string(&chart->data, text_string(&theory));
        chart_plot(chart, "1:2", "lines lw 1");
        text_printf(&chart->plot, " %s lc rgb '%s' notitle",
                    theory_dashes[style / COLOUR_COUNT % ROUNDS],
                    colours[style % COLOUR_COUNT]);
        chart_end_block(chart);
    }
    text_release(&theory);
}

static void add_bar(struct chart *chart, const struct group *group, const struct row *row,
                    enum metric_id metric)
{
    const struct estimate *estimate = &row->estimates[metric];
    if (!estimate->count)
        return;
    char x[32];
    snprintf(x, sizeof x, "%zu", chart->blocks);
    text_printf(&chart->script, "set xtics add ('%s' %s)\n", row->contender->label, x);
    chart_add_figure(chart, x, estimate, metrics[metric].chart.unit);
    chart_end_series(chart, style_of(group, row), NULL, &bar);
}

static bool has_theory(const struct group *group, enum metric_id metric)
{
    for (size_t i = 0; i < group->count; i++)
        if (row_prediction(&group->rows[i], (struct figure){metric, ALL_REQUESTS}))
            return true;
    return false;
}

static int write_metric(const char *path, const struct group *group,
                        enum metric_id metric, struct error *error)
{
    const struct scenario *scenario = group->rows->scenario;
    bool swept = is_swept_over_numbers(scenario);
    const char *last = group->rows[group->count - 1].value;
    char *at = !swept && last ? memory_printf(" (%s %s)", scenario->sweep.variable, last)
                              : memory_copy_string("");
    struct chart chart;
    chart_begin(&chart, scenario, metrics[metric].chart.suffix,
                metrics[metric].chart.label, at);
    if (swept)
        text_printf(&chart.script,
                    "set logscale xy\nset xlabel '%s%s'\nset format y '%%.0s%%c'\n",
                    scenario->sweep.variable,
                    has_theory(group, metric) ? " (dashed: theory)" : "");
    else
        text_append_string(&chart.script, "set boxwidth 0.7\nset offsets 0.5, 0.5, 0, 0\n"
                                          "set yrange [0:]\n"
                                          "set xtics () rotate by 30 right\n");
    for (size_t i = 0; i < group->count; i++) {
        const struct row *row = &group->rows[i];
        if (swept && is_first_of_contender(group, i))
            add_sweep_series(&chart, group, row, metric);
        else if (!swept && row_same_cell(row, &group->rows[group->count - 1]))
            add_bar(&chart, group, row, metric);
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

static void add_percentiles(struct chart *chart, const struct group *group,
                            const struct row *row, int class_index)
{
    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        const struct estimate *estimate =
            row_estimate(row, (struct figure){m, class_index});
        /* Of trials of which only some have it, it would not be the median. */
        if (metrics[m].percentile.fraction <= 0 || !estimate->count ||
            estimate->count < row->used_count)
            continue;
        char x[32];
        snprintf(x, sizeof x, "%.9g", one_in(&metrics[m]));
        chart_add_figure(chart, x, estimate, 1e6);
    }
    chart_end_series(chart, style_of(group, row), row->contender->label, &percentiles);
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
static int write_percentiles(const char *path, const struct group *group,
                             struct error *error)
{
    const struct scenario *scenario = group->rows->scenario;
    const struct row *last = &group->rows[group->count - 1];
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
    text_append_string(&chart.script, "set logscale xy\nset xlabel 'percentile'\n"
                                      "set format y '%g'\nset xtics (");
    add_percentile_tics(&chart.script);
    text_append_string(&chart.script, ")\n");
    for (size_t i = 0; i < group->count; i++) {
        const struct row *row = &group->rows[i];
        if (row_same_cell(row, last))
            add_percentiles(&chart, group, row, class_index);
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
        struct group group = group_at(comparison, i);
        for (enum metric_id m = 0; m < METRIC_COUNT && result == 0; m++)
            if (metrics[m].chart.suffix)
                result = write_metric(path, &group, m, error);
        if (result == 0)
            result = write_percentiles(path, &group, error);
        i += group.count;
    }
    return result;
}
