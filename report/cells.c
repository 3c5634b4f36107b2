/* cells.c - see cells.h. */
#include "report/cells.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/ranking.h"
#include "base/text.h"

#define CELL_BYTES 128

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
    if (!estimate->count) {
        table_add_cell(table, "-");
        return;
    }
    const char *before = bound_prefixes[estimate->bound];
    const char *behind = estimate->bound == BOUND_NOTHING ? "!" : "";
    char median[CELL_BYTES], low[CELL_BYTES], high[CELL_BYTES];
    metric_format(figure.metric, estimate->median, median, sizeof median);
    if (!interval->exists || metrics[figure.metric].is_share ||
        (style == TABLE_TERMINAL && !headline)) {
        table_add_cellf(table, "%s%s%s", before, median, behind);
        return;
    }
    if (style == TABLE_TERMINAL) {
        double half =
            fmax(estimate->median - interval->low, interval->high - estimate->median);
        text_share(estimate->median > 0 ? half / estimate->median : 0, low, sizeof low);
        table_add_cellf(table, "%s%s ±%s%s", before, median, low, behind);
        return;
    }
    metric_format(figure.metric, interval->low, low, sizeof low);
    metric_format(figure.metric, interval->high, high, sizeof high);
    table_add_cellf(table, "%s%s [%s, %s]%s", before, median, low, high, behind);
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
    struct best_ratio to_best = ranking_ratio(group->comparison, row, figure);
    const struct ratio *ratio = &to_best.ratio;
    const char *before = bound_prefixes[to_best.bound];
    if (!to_best.best)
        table_add_cell(table, "-");
    else if (to_best.best == row)
        table_add_cell(table, "1");
    else if (ratio->t.exists)
        table_add_cellf(table, "%s%.2f [%.2f, %.2f]%s", before, ratio->value,
                        ratio->t.low, ratio->t.high, ratio->disagree ? " ?" : "");
    else
        table_add_cellf(table, "%s%.2f", before, ratio->value);
}

void cell_add(struct table *table, const struct group *group, const struct row *row,
              const struct column *column, enum table_style style)
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

void cell_add_title(struct table *table, const struct contender *contender,
                    const char *mark)
{
    char *title = model_title(contender->model, contender->label);
    table_add_cellf(table, "%s%s", title, mark);
    free(title);
}
