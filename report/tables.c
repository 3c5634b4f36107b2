/* tables.c - see tables.h. */
#include "report/tables.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/samples.h"
#include "base/text.h"
#include "record/run_notes.h"
#include "servers/ops/op.h"

#define CELL_BYTES     128
#define TERMINAL_WIDTH 120

/* The rows of one scenario, one after another. */
struct group {
    const struct comparison *comparison;
    const struct row *rows;
    size_t count;
};

/* ---- the columns ------------------------------------------------------------------ */

enum column_kind {
    COLUMN_FIGURE,
    COLUMN_THEORY, /* the prediction for the figure before */
    COLUMN_RATIO,  /* of it to that of the best row of the cell */
};

struct figure_column {
    enum column_kind kind;
    struct figure figure;
};

#define MAX_COLUMNS 64

struct figure_columns {
    struct figure_column items[MAX_COLUMNS];
    size_t count;
};

static void add_column(struct figure_columns *columns, enum column_kind kind,
                       struct figure figure)
{
    if (columns->count < MAX_COLUMNS)
        columns->items[columns->count++] = (struct figure_column){kind, figure};
}

static bool any_predicted(const struct group *group, struct figure figure)
{
    for (size_t i = 0; i < group->count; i++)
        if (row_prediction(&group->rows[i], figure))
            return true;
    return false;
}

static bool any_measured(const struct group *group, struct figure figure)
{
    bool above_zero = metrics[figure.metric].above_zero;
    for (size_t i = 0; i < group->count; i++) {
        const struct estimate *estimate = row_estimate(&group->rows[i], figure);
        if (above_zero ? estimate->greatest > 0 : estimate->count > 0)
            return true;
    }
    return false;
}

static bool has_reference(const struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->rows[i].contender->model->flags & MODEL_REFERENCE)
            return true;
    return false;
}

/* The row that the others of its cell are held against, or NULL. */
static const struct row *best_of(const struct group *group, const struct row *row)
{
    return ranking_best(group->comparison, row, ranking_contest(group->comparison, row));
}

static bool is_bound(const struct row *row, struct figure figure)
{
    return row_estimate(row, figure)->at_least ||
           (figure.metric == METRIC_THROUGHPUT && row->lower_bound);
}

/* Without pairs where there is none: bounds, and rows that must not be used, are held
 * against nothing. */
static struct ratio ratio_of(const struct group *group, const struct row *row,
                             struct figure figure)
{
    const struct row *best = best_of(group, row);
    if (!best || row->status != ROW_MEASURED || best->status != ROW_MEASURED ||
        is_bound(row, figure) || is_bound(best, figure))
        return (struct ratio){0};
    return row_ratio(row, best, figure, 0.95);
}

static bool has_ratio(const struct group *group, struct figure figure)
{
    for (size_t i = 0; i < group->count; i++)
        if (best_of(group, &group->rows[i]) != &group->rows[i] &&
            ratio_of(group, &group->rows[i], figure).pairs)
            return true;
    return false;
}

/* A column for the figure, if any row has it, and one for what theory says of it. */
static void add_figure(struct figure_columns *columns, const struct group *group,
                       struct figure figure, enum table_style style)
{
    bool terminal = style == TABLE_TERMINAL;
    struct figure beside = {(enum metric_id)metrics[figure.metric].beside, ALL_REQUESTS};
    if (!any_measured(group, figure) || (beside.metric && !any_measured(group, beside)))
        return;
    add_column(columns, COLUMN_FIGURE, figure);
    /* Of a closed loop's p50 and throughput one follows from the other. */
    if (any_predicted(group, figure) &&
        (!terminal || figure.class_index != ALL_REQUESTS ||
         metrics[figure.metric].theory_on_terminal))
        add_column(columns, COLUMN_THEORY, figure);
    if (metrics[figure.metric].has_ratio && has_ratio(group, figure) &&
        (!terminal || (has_reference(group) && figure.metric == METRIC_CPU_PER_REQUEST)))
        add_column(columns, COLUMN_RATIO, figure);
}

static void add_class_figures(struct figure_columns *columns, const struct group *group,
                              enum table_style style)
{
    for (size_t c = 0; c < group->rows[0].class_count; c++)
        for (enum metric_id m = 0; m < METRIC_COUNT; m++)
            if (metrics[m].class_column)
                add_figure(columns, group, (struct figure){m, (int)c}, style);
}

/* The metric whose column is the next one from the left; METRIC_COUNT: there is none. */
static enum metric_id next_column(int after)
{
    enum metric_id next = METRIC_COUNT;
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        if (metrics[m].column > after &&
            (next == METRIC_COUNT || metrics[m].column < metrics[next].column))
            next = m;
    return next;
}

/* Latencies of all requests give way to those of the classes where there are some. */
static void choose_columns(struct figure_columns *columns, const struct group *group,
                           enum table_style style)
{
    bool by_class = group->rows[0].class_count > 1, classes_stand = false;
    columns->count = 0;
    for (enum metric_id m = next_column(0); m < METRIC_COUNT;
         m = next_column(metrics[m].column)) {
        if (!by_class || !metrics[m].latency_key)
            add_figure(columns, group, (struct figure){m, ALL_REQUESTS}, style);
        else if (!classes_stand)
            add_class_figures(columns, group, style);
        classes_stand = classes_stand || metrics[m].latency_key;
    }
}

static void print_header(const struct figure_column *column, const struct group *group,
                         char *header, size_t bytes)
{
    const struct scenario *scenario = group->rows[0].scenario;
    const char *class_name =
        workload_class(&scenario->workload, column->figure.class_index);
    switch (column->kind) {
    case COLUMN_FIGURE:
        snprintf(header, bytes, "%s%s%s", class_name ? class_name : "",
                 class_name ? " " : "", metrics[column->figure.metric].header);
        break;
    case COLUMN_THEORY:
        snprintf(header, bytes, "theory");
        break;
    case COLUMN_RATIO:
        snprintf(header, bytes, "ratio");
        break;
    }
}

/* ---- cells ------------------------------------------------------------------------ */

/*
 * The median, and the interval where there is one: in full in Markdown; on the
 * terminal, where room is short, as the larger half in per cent of the median.
 */
static void add_estimate(struct table *table, const struct row *row, struct figure figure,
                         enum table_style style)
{
    const struct estimate *estimate = row_estimate(row, figure);
    const struct interval *interval = &estimate->interval;
    bool headline = metrics[figure.metric].is_headline;
    const char *prefix = is_bound(row, figure) ? ">=" : "";
    char median[CELL_BYTES], low[CELL_BYTES], high[CELL_BYTES];
    metric_format(figure.metric, estimate->count ? estimate->median : (double)NAN, median,
                  sizeof median);
    if (!interval->exists || metrics[figure.metric].is_share ||
        (style == TABLE_TERMINAL && !headline)) {
        table_add_cellf(table, "%s%s", prefix, median);
        return;
    }
    if (style == TABLE_TERMINAL) {
        double half =
            fmax(estimate->median - interval->low, interval->high - estimate->median);
        table_add_cellf(table, "%s%s ±%.2g%%", prefix, median,
                        estimate->median > 0 ? 100 * half / estimate->median : 0);
        return;
    }
    metric_format(figure.metric, interval->low, low, sizeof low);
    metric_format(figure.metric, interval->high, high, sizeof high);
    table_add_cellf(table, "%s%s [%s, %s]", prefix, median, low, high);
}

static void add_theory(struct table *table, const struct row *row, struct figure figure)
{
    const struct prediction *prediction = row_prediction(row, figure);
    if (!prediction) {
        table_add_cell(table, "");
        return;
    }
    char value[CELL_BYTES];
    metric_format(figure.metric, prediction->value, value, sizeof value);
    bool equal = prediction->relation == RELATION_EQUAL;
    table_add_cellf(table, "%s%s", equal ? "" : relation_names[prediction->relation],
                    value);
}

static void add_ratio(struct table *table, const struct group *group,
                      const struct row *row, struct figure figure)
{
    struct ratio ratio = ratio_of(group, row, figure);
    if (!ratio.pairs)
        table_add_cell(table, "-");
    else if (best_of(group, row) == row)
        table_add_cell(table, "1");
    else if (ratio.t.exists)
        table_add_cellf(table, "%.2f [%.2f, %.2f]%s", ratio.value, ratio.t.low,
                        ratio.t.high, ratio.disagree ? " ?" : "");
    else
        table_add_cellf(table, "%.2f", ratio.value);
}

static void add_cell(struct table *table, const struct group *group,
                     const struct row *row, const struct figure_column *column,
                     enum table_style style)
{
    switch (column->kind) {
    case COLUMN_FIGURE:
        add_estimate(table, row, column->figure, style);
        break;
    case COLUMN_THEORY:
        add_theory(table, row, column->figure);
        break;
    case COLUMN_RATIO:
        add_ratio(table, group, row, column->figure);
        break;
    }
}

/* "!" behind the name: the figures must not be used; "*": read them with care. */
static void add_title(struct table *table, const struct contender *contender,
                      const char *mark)
{
    char *title = model_title(contender->model, contender->label);
    table_add_cellf(table, "%s%s", title, mark);
    free(title);
}

static const char *mark_of(const struct row *row)
{
    return row->status == ROW_INVALID ? " !" : row->remarks ? " *" : "";
}

/* ---- a scenario's table ----------------------------------------------------------- */

static void add_row(struct table *table, const struct group *group, const struct row *row,
                    const struct figure_columns *columns, enum table_style style)
{
    bool first_of_point = row == group->rows || !row_same_cell(row, row - 1);
    table_start_row(table);
    if (row->value)
        table_add_cell(table, first_of_point ? row->value : "");
    add_title(table, row->contender, mark_of(row));
    if (row->used_count == 0) {
        /* No figures; the reason stands below the table. */
        table_add_cell(table, row_status_names[row->status]);
        return;
    }
    for (size_t i = 0; i < columns->count; i++)
        add_cell(table, group, row, &columns->items[i], style);
}

static struct table *make_table(const struct group *group,
                                const struct figure_columns *columns,
                                enum table_style style)
{
    struct table *table = table_create();
    if (group->rows[0].value)
        table_add_column(table, group->rows[0].scenario->sweep.variable, TABLE_RIGHT);
    table_add_column(table, "model", TABLE_LEFT);
    for (size_t i = 0; i < columns->count; i++) {
        char header[CELL_BYTES];
        print_header(&columns->items[i], group, header, sizeof header);
        table_add_column(table, header, TABLE_RIGHT);
    }
    for (size_t i = 0; i < group->count; i++)
        add_row(table, group, &group->rows[i], columns, style);
    return table;
}

/* Columns that the first line of the printed table takes. */
static size_t printed_width(const struct table *table)
{
    char *printed = NULL;
    size_t length = 0, width = 0;
    FILE *file = open_memstream(&printed, &length);
    if (!file)
        return 0;
    table_print(table, TABLE_TERMINAL, file);
    fclose(file);
    width = strcspn(printed, "\n");
    free(printed);
    return width;
}

/* On a terminal the columns that do not fit are left out, from the right. */
static void print_table(const struct group *group, enum table_style style, FILE *file)
{
    struct figure_columns columns;
    choose_columns(&columns, group, style);
    struct table *table = make_table(group, &columns, style);
    while (style == TABLE_TERMINAL && columns.count > 1 &&
           printed_width(table) > TERMINAL_WIDTH) {
        table_free(table);
        columns.count--;
        table = make_table(group, &columns, style);
    }
    table_print(table, style, file);
    table_free(table);
}

/* What is held against a row: that it must not be used, or a remark. */
struct note {
    const char *(*of)(const struct row *row); /* NULL: nothing */
    const char *(*kind)(const struct row *row);
    const char *mark;
};

static const char *why_of(const struct row *row)
{
    return row->why;
}

static const char *kind_of_why(const struct row *row)
{
    return row->status == ROW_MEASURED ? "some trials left out"
                                       : row_status_names[row->status];
}

static const char *remarks_of(const struct row *row)
{
    return row->status == ROW_INVALID ? NULL : row->remarks;
}

static const char *kind_of_remarks(const struct row *row)
{
    (void)row;
    return "with care";
}

static const struct note note_kinds[] = {{why_of, kind_of_why, "!"},
                                         {remarks_of, kind_of_remarks, "*"}};

static bool same_note(const struct note *note, const struct row *a, const struct row *b)
{
    return note->of(a) && note->of(b) && strcmp(note->kind(a), note->kind(b)) == 0 &&
           strcmp(note->of(a), note->of(b)) == 0;
}

/* The rows that share this one's note: "connections 1: a, b; connections 100: a" */
static void tell_rows_of_note(const struct group *group, const struct note *note,
                              const struct row *first, struct text *text)
{
    const struct row *before = NULL;
    for (const struct row *row = first; row < group->rows + group->count; row++) {
        if (!same_note(note, row, first))
            continue;
        bool same_cell = before && row_same_cell(row, before);
        if (!same_cell && row->value)
            text_printf(text, "%s%s %s: ", before ? "; " : "",
                        row->scenario->sweep.variable, row->value);
        text_printf(text, "%s%s", same_cell || (before && !row->value) ? ", " : "",
                    row->contender->label);
        before = row;
    }
}

/* Breaks lines at blanks so that they fit the terminal; later ones are indented. */
static void print_wrapped(const char *line, FILE *file)
{
    size_t column = 0;
    while (*line) {
        size_t word = strcspn(line, " ");
        if (column > 0 && column + 1 + word > TERMINAL_WIDTH)
            column = (size_t)fprintf(file, "\n   ") - 1;
        column += (size_t)fprintf(file, "%s%.*s", column ? " " : "", (int)word, line);
        line += word;
        line += strspn(line, " ");
    }
    fputc('\n', file);
}

/* A line below or above a table; in Markdown one of a list. */
static void print_item(const char *mark, const char *line, enum table_style style,
                       FILE *file)
{
    char *whole = memory_printf("%s %s", style == TABLE_MARKDOWN ? "-" : mark, line);
    if (style == TABLE_TERMINAL)
        print_wrapped(whole, file);
    else
        fprintf(file, "%s\n", whole);
    free(whole);
}

/* What the table has no room for: failures, flags, skip_reasons; equal ones together. */
static void print_notes_of(const struct group *group, const struct note *note,
                           enum table_style style, FILE *file)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct row *row = &group->rows[i];
        bool told = !note->of(row);
        for (size_t j = 0; j < i; j++)
            told = told || same_note(note, &group->rows[j], row);
        if (told)
            continue;
        struct text line = {0};
        text_printf(&line, "%s: %s (", note->kind(row), note->of(row));
        tell_rows_of_note(group, note, row, &line);
        text_append_string(&line, ")");
        print_item(note->mark, text_string(&line), style, file);
        text_release(&line);
    }
}

/* Above the first row: what the table cannot be used for. */
static void print_warning(const struct group *group, enum table_style style, FILE *file)
{
    size_t invalid = 0, figures = 0;
    for (size_t i = 0; i < group->count; i++) {
        invalid += group->rows[i].status == ROW_INVALID;
        figures += group->rows[i].used_count > 0;
    }
    if (!invalid)
        return;
    char *line =
        invalid == figures
            ? memory_printf(
                  "Not to be used: every row is invalid. Nothing here is ranked.")
            : memory_printf("Not to be used: the %zu %s not ranked.", invalid,
                            text_plural((double)invalid, "row marked \"!\". It is",
                                        "rows marked \"!\". They are"));
    if (style == TABLE_TERMINAL)
        print_wrapped(line, file);
    else
        fprintf(file, "**%s**\n", line);
    fputs("\n", file);
    free(line);
}

/* How many samples the class has in the trials of the group, at least and at most. */
static void count_samples(const struct group *group, const char *class_name,
                          uint64_t *least, uint64_t *most)
{
    *least = UINT64_MAX;
    *most = 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct row *row = &group->rows[i];
        for (size_t t = 0; t < row->used_count; t++) {
            const struct class_result *class =
                row->used[t]->load ? load_result_class(row->used[t]->load, class_name)
                                   : NULL;
            if (!class || !class->latency.count)
                continue;
            uint64_t count = class->latency.count;
            *least = count < *least ? count : *least;
            *most = count > *most ? count : *most;
        }
    }
}

/* Where p99 stands empty: how many samples there were, and what helps. */
static void print_missing(const struct group *group, enum table_style style, FILE *file)
{
    const struct workload *workload = &group->rows[0].scenario->workload;
    const char *profile = group->comparison->results->experiment.profile;
    uint64_t least, most;
    int count = (int)group->rows[0].class_count;
    for (int c = count ? 0 : ALL_REQUESTS; c < count; c++) {
        const char *name = c == ALL_REQUESTS ? "" : workload_class(workload, c);
        count_samples(group, name, &least, &most);
        char *line = samples_too_few(
            name, (struct sample_range){(double)least, (double)most}, profile);
        if (line)
            print_item("*", line, style, file);
        free(line);
    }
}

static void print_heading(const struct scenario *scenario, enum table_style style,
                          FILE *file)
{
    bool markdown = style == TABLE_MARKDOWN;
    fprintf(file, "\n%s%s: %s\n%s%s\n\n", markdown ? "## " : "", scenario->name,
            scenario->title, markdown ? "\n" : "", scenario->question);
}

static void print_group(const struct group *group, enum table_style style, FILE *file)
{
    print_heading(group->rows[0].scenario, style, file);
    bool any_used = false;
    for (size_t i = 0; i < group->count; i++)
        any_used = any_used || group->rows[i].used_count > 0;
    print_warning(group, style, file);
    if (any_used)
        print_table(group, style, file);
    if (any_used && style == TABLE_MARKDOWN)
        fputc('\n', file);
    for (size_t i = 0; i < sizeof note_kinds / sizeof *note_kinds; i++)
        print_notes_of(group, &note_kinds[i], style, file);
    print_missing(group, style, file);
}

/* ---- the whole -------------------------------------------------------------------- */

/* A line below the tables; in Markdown a paragraph. */
static void print_line(const char *line, enum table_style style, FILE *file)
{
    if (style == TABLE_TERMINAL)
        print_wrapped(line, file);
    else
        fprintf(file, "\n%s\n", line);
}

/* What the words of the overview mean, with the thresholds that they go by. */
static void print_rules(const struct overview *overview, enum table_style style,
                        FILE *file)
{
    char *lines[] = {
        memory_copy_string(
            "Concurrency type: most waits in progress at a time; cores that "
            "computing keeps busy."),
        overview->cpu_basis
            ? memory_printf("CPU usage: server cores at the same load, %s, and how many "
                            "times the least.",
                            overview->cpu_basis)
            : NULL,
        overview->words
            ? memory_printf(
                  "Ideal use: of the cells that count those in which the model is the "
                  "best, "
                  "or shown to be as good: its ratio to the best is above %.2f in "
                  "throughput, %.2f in p99 (t test at %.0f %%, Holm). Open: neither that "
                  "nor behind.",
                  1 - RANKING_DELTA, 1 - RANKING_DELTA_LATENCY, 100 * RANKING_LEVEL)
            : memory_printf(
                  "Ideal use: indicative, for words take %d trials: the share of "
                  "the best throughput or p99, the geometric mean over the cells "
                  "that count.",
                  RANKING_LEAST_TRIALS),
        memory_printf(
            "A cell counts if every model has valid figures in it; a model with "
            "more than %.0f %% of errors, or starved connections, has no part "
            "(-).",
            100 * RANKING_MAX_ERRORS),
        overview->not_counted ? memory_printf("Not counted: %s.", overview->not_counted)
                              : NULL,
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (lines[i])
            print_line(lines[i], style, file);
        free(lines[i]);
    }
}

static void print_overview(const struct overview *overview, enum table_style style,
                           FILE *file)
{
    struct table *table = table_create();
    table_add_column(table, "Model", TABLE_LEFT);
    table_add_column(table, "Concurrency type", TABLE_LEFT);
    table_add_column(table, "CPU usage", TABLE_LEFT);
    table_add_column(table, "Ideal use", TABLE_LEFT);
    for (size_t i = 0; i < overview->row_count; i++) {
        const struct overview_row *row = &overview->rows[i];
        table_start_row(table);
        add_title(table, row->contender, "");
        table_add_cell(table, row->type.text);
        table_add_cell(table, row->cpu.text);
        table_add_cell(table, row->use.text);
    }
    fputs(style == TABLE_MARKDOWN ? "\n## Summary\n\n" : "\nSummary\n\n", file);
    table_print(table, style, file);
    table_free(table);
    fputs(style == TABLE_MARKDOWN ? "" : "\n", file);
    print_rules(overview, style, file);
}

/* What the references of the run are, and what of them can be compared with ours. */
static void print_references(const struct comparison *comparison, enum table_style style,
                             FILE *file)
{
    struct text line = {0};
    bool plaintext = false, proxy = false;
    const struct models *models = &comparison->results->experiment.models;
    for (size_t i = 0; i < models->count; i++) {
        const struct model *model = models->items[i].model;
        const char *version = model->version;
        if (!(model->flags & MODEL_REFERENCE))
            continue;
        plaintext = plaintext || model->flags & MODEL_PLAINTEXT;
        proxy = proxy || model->flags & MODEL_PROXY;
        text_printf(&line, "%s%s%s%s%s",
                    line.length ? ", " : "Servers of others: ", model->name,
                    version ? " (" : "", version ? version : "", version ? ")" : "");
    }
    if (!line.length)
        return;
    text_append_string(&line, ". They do the same work as ours: every reply's digest is "
                              "held against ours");
    if (plaintext)
        text_append_string(&line, "; those marked plaintext send the greeting alone, "
                                  "without one");
    if (proxy)
        text_append_string(&line, "; those marked proxy send the greeting without one, "
                                  "and hand on replies that are held against their "
                                  "upstream's digest");
    text_append_string(&line, ".");
    print_line(text_string(&line), style, file);
    text_release(&line);
}

/*
 * What headers mean: a line for each kind of column that is no metric, with the first
 * footnotes of metrics behind them, and the rest on the last line.
 */
static void print_footnotes(enum table_style style, FILE *file)
{
    static const char *const lines[] = {
        "Theory: what wait, work, threads and cores allow by arithmetic.",
        "ratio: to the best row of its cell, block by block; \"?\": t and Wilcoxon "
        "intervals "
        "disagree.",
    };
    enum metric_id next = 0;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        bool last = i + 1 == sizeof lines / sizeof *lines;
        struct text line = {0};
        text_append_string(&line, lines[i]);
        for (size_t notes = 0; next < METRIC_COUNT && (last || notes == 0); next++) {
            if (!metrics[next].footnote)
                continue;
            text_printf(&line, " %s", metrics[next].footnote);
            notes++;
        }
        print_line(text_string(&line), style, file);
        text_release(&line);
    }
}

/* How sure the figures are: said once, for it is the same for all. */
static void print_basis(const struct comparison *comparison, enum table_style style,
                        FILE *file)
{
    double confidence;
    size_t repeat = (size_t)comparison->results->experiment.repeat;
    size_t rank = statistics_median_rank(repeat, 0.025, &confidence);
    const char *gap = style == TABLE_MARKDOWN ? "\n" : "";
    fputs(gap, file);
    if (repeat == 1)
        fprintf(file, "One trial of each, so no intervals: small differences mean "
                      "nothing (--profile standard has six trials).\n");
    else if (rank == 0)
        fprintf(file, "Medians of %zu trials; a 95 %% interval needs 6.\n", repeat);
    else
        fprintf(file, "Medians of %zu trials with the %.1f %% interval of the median.\n",
                repeat, 100 * confidence);
    print_footnotes(style, file);
    print_references(comparison, style, file);
    char *origins = run_note_origins(comparison->results);
    if (origins)
        print_line(origins, style, file);
    free(origins);
    fprintf(file, "%sProfile %s, seed %llu.%s\n", gap,
            comparison->results->experiment.profile,
            (unsigned long long)comparison->results->experiment.seed,
            style == TABLE_TERMINAL
                ? " More columns: comparison.md; all: comparison.json."
                : "");
}

/* What the steps of the run's paths cost, each alone on one core. */
static void print_costs(const struct comparison *comparison, enum table_style style,
                        FILE *file)
{
    const struct work_calibration *calibration =
        comparison->results->manifest.calibration;
    if (!calibration)
        return;
    struct table *table = table_create();
    table_add_column(table, "Step", TABLE_LEFT);
    table_add_column(table, "Kind", TABLE_LEFT);
    table_add_column(table, "CPU µs", TABLE_RIGHT);
    table_add_column(table, "µs", TABLE_RIGHT);
    table_add_column(table, "In the scenario", TABLE_LEFT);
    for (size_t i = 0; i < calibration->costs.count; i++) {
        const struct step_cost *cost = &calibration->costs.items[i];
        table_start_row(table);
        table_add_cell(table, cost->step);
        table_add_cell(table, cost->kind < 0 ? NULL : op_kind_names[cost->kind]);
        table_add_cellf(table, "%.1f", cost->cpu_us);
        table_add_cellf(table, "%.1f", cost->wall_us);
        table_add_cell(table, work_calibration_written(calibration, cost->step));
    }
    fprintf(file, "\n## What the steps cost\n\nEach alone on CPU %.0f, medians.\n\n",
            calibration->costs.cpu);
    table_print(table, style, file);
    table_free(table);
}

void tables_print(const struct comparison *comparison, const struct overview *overview,
                  enum table_style style, FILE *file)
{
    if (style == TABLE_MARKDOWN)
        fprintf(file, "# Comparison of concurrency models\n");
    for (size_t i = 0; i < comparison->row_count;) {
        struct group group = {comparison, &comparison->rows[i], 0};
        while (i < comparison->row_count &&
               comparison->rows[i].scenario == group.rows[0].scenario) {
            group.count++;
            i++;
        }
        print_group(&group, style, file);
    }
    print_overview(overview, style, file);
    if (style == TABLE_MARKDOWN)
        print_costs(comparison, style, file);
    print_basis(comparison, style, file);
}
