/* columns.c - see columns.h. */
#include "report/columns.h"

#include <stdio.h>

#include "analysis/cautions.h"
#include "analysis/ranking.h"

static void add_column(struct columns *columns, enum column_kind kind,
                       struct figure figure)
{
    if (columns->count < COLUMNS_MAX)
        columns->items[columns->count++] = (struct column){kind, figure};
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

static bool has_ratio(const struct group *group, struct figure figure)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct row *best =
            ranking_ratio(group->comparison, &group->rows[i], figure).best;
        if (best && best != &group->rows[i])
            return true;
    }
    return false;
}

static bool has_column(const struct columns *columns, struct figure figure)
{
    for (size_t i = 0; i < columns->count; i++)
        if (figure_equal(columns->items[i].figure, figure))
            return true;
    return false;
}

/* A column for the figure, if any row has it, and one for what theory says of it. */
static void add_figure(struct columns *columns, const struct group *group,
                       struct figure figure, enum table_style style)
{
    bool terminal = style == TABLE_TERMINAL;
    struct figure beside = {(enum metric_id)metrics[figure.metric].beside, ALL_REQUESTS};
    if (!any_measured(group, figure) || (beside.metric && !any_measured(group, beside)) ||
        has_column(columns, figure))
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

static void add_class_figures(struct columns *columns, const struct group *group,
                              enum table_style style)
{
    for (size_t c = 0; c < group->rows[0].class_count; c++)
        for (enum metric_id m = 0; m < METRIC_COUNT; m++)
            if (metrics[m].class_column)
                add_figure(columns, group, (struct figure){m, (int)c}, style);
}

/* Where p99 hangs on a few moments: what hangs on more comes first. */
static void add_leading_latencies(struct columns *columns, const struct group *group,
                                  enum table_style style)
{
    static const enum metric_id leading[] = {METRIC_LATENCY_MEAN, METRIC_LATENCY_P50};
    int classes = (int)group->rows[0].class_count;
    if (!caution_p99_is_of_few(group->comparison, group->rows))
        return;
    for (int c = classes > 1 ? 0 : ALL_REQUESTS; c < classes; c++)
        for (size_t i = 0; i < sizeof leading / sizeof *leading; i++)
            add_figure(columns, group, (struct figure){leading[i], c}, style);
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
void columns_choose(struct columns *columns, const struct group *group,
                    enum table_style style)
{
    bool by_class = group->rows[0].class_count > 1, latencies_stand = false;
    columns->count = 0;
    for (enum metric_id m = next_column(0); m < METRIC_COUNT;
         m = next_column(metrics[m].column)) {
        bool begins = metrics[m].latency_key && !latencies_stand;
        if (begins)
            add_leading_latencies(columns, group, style);
        if (!by_class || !metrics[m].latency_key)
            add_figure(columns, group, (struct figure){m, ALL_REQUESTS}, style);
        else if (begins)
            add_class_figures(columns, group, style);
        latencies_stand = latencies_stand || begins;
    }
}

void column_print_header(const struct column *column, const struct group *group,
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
