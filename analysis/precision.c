/* precision.c - see precision.h. */
#include "analysis/precision.h"

#include <math.h>

#include "analysis/ranking.h"
#include "base/text.h"

static double wanted_of(struct figure figure)
{
    return metrics[figure.metric].latency_key ? PRECISION_LATENCY : PRECISION_THROUGHPUT;
}

/* On the scale of logarithms both halves are the same. */
static double half_width_of(const struct ratio *ratio)
{
    return ratio->t.exists ? sqrt(ratio->t.high / ratio->t.low) - 1 : (double)INFINITY;
}

static void take_in(struct precision *precision, const struct row *row,
                    struct figure figure, const struct best_ratio *to_best)
{
    double half_width = half_width_of(&to_best->ratio), wanted = wanted_of(figure);
    precision->ratios++;
    if (precision->row &&
        half_width / wanted <= precision->half_width / precision->wanted)
        return;
    precision->row = row;
    precision->best = to_best->best;
    precision->figure = figure;
    precision->half_width = half_width;
    precision->wanted = wanted;
}

void precision_find(struct precision *precision, const struct comparison *comparison)
{
    *precision = (struct precision){0};
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        struct figure figure = ranking_contest(comparison, row);
        if (!ranking_takes_part(row, figure))
            continue;
        struct best_ratio to_best = ranking_ratio(comparison, row, figure);
        if (to_best.best && to_best.best != row && to_best.bound == BOUND_EXACT)
            take_in(precision, row, figure, &to_best);
    }
    precision->reached = precision->row && precision->half_width <= precision->wanted;
}

char *precision_name(const struct precision *precision)
{
    const struct row *row = precision->row;
    if (!row)
        return NULL;
    const char *variable = row->scenario->sweep.variable;
    const char *class_name =
        workload_class(&row->scenario->workload, precision->figure.class_index);
    return memory_printf("%s%s%s%s%s: %s to %s, %s%s%s", row->scenario->name,
                         row->value ? ", " : "", row->value ? variable : "",
                         row->value ? " " : "", row->value ? row->value : "",
                         row->contender->label, precision->best->contender->label,
                         class_name ? class_name : "", class_name ? " " : "",
                         metrics[precision->figure.metric].header);
}
