/* contrast.c - see contrast.h. */
#include "analysis/contrast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/order_statistics.h"
#include "analysis/ranking.h"
#include "base/text.h"

#define CONFIDENCE 0.95
#define LEVEL      0.05

/* Rows of the same cell, or of the same contender in the same cell. */
struct row_pair {
    const struct row *a, *b;
};

void contrast_select_default(struct contrast_selection *selection)
{
    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        selection->metrics[m] = metrics[m].has_ratio;
        selection->of_classes[m] = metrics[m].has_ratio && metrics[m].class_column;
    }
}

/* ---- logarithms by block ---------------------------------------------------------- */

/* A figure by block: the mean of its logarithms over some rows. */
struct block_logs {
    uint64_t *blocks;
    double *logs;
    size_t count;
    bool has_zero; /* in some trial: it has no logarithm */
};

static double log_in_block(const struct row *row, uint64_t block, enum metric_id metric,
                           const char *class_name)
{
    for (size_t i = 0; i < row->used_count; i++)
        if (row->used[i]->block == block)
            return log(metric_read(metric, row->used[i], class_name));
    return NAN;
}

/* Of the blocks in which all rows have the figure. */
static struct block_logs block_logs_of(const struct row *const *rows, size_t count,
                                       enum metric_id metric, const char *class_name)
{
    size_t most = rows[0]->used_count + 1;
    struct block_logs logs = {.blocks = memory_allocate(most * sizeof *logs.blocks),
                              .logs = memory_allocate(most * sizeof *logs.logs)};
    for (size_t i = 0; i < rows[0]->used_count; i++) {
        uint64_t block = rows[0]->used[i]->block;
        double sum = 0;
        for (size_t r = 0; r < count; r++)
            sum += log_in_block(rows[r], block, metric, class_name);
        logs.has_zero = logs.has_zero || isinf(sum);
        if (!isfinite(sum))
            continue;
        logs.blocks[logs.count] = block;
        logs.logs[logs.count++] = sum / (double)count;
    }
    return logs;
}

static void block_logs_release(struct block_logs *logs)
{
    free(logs->blocks);
    free(logs->logs);
}

static void set_paired(struct contrast_line *line, const struct block_logs *a,
                       const struct block_logs *b)
{
    double *left = memory_allocate((a->count + 1) * sizeof *left);
    double *right = memory_allocate((a->count + 1) * sizeof *right);
    size_t pairs = 0;
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            if (a->blocks[i] == b->blocks[k]) {
                left[pairs] = exp(a->logs[i]);
                right[pairs++] = exp(b->logs[k]);
            }
    struct ratio ratio = ratio_of_pairs(left, right, pairs, CONFIDENCE);
    line->trials_a = line->trials_b = ratio.pairs;
    line->log = ratio.log;
    line->disagree = ratio.disagree;
    free(left);
    free(right);
}

static void set_independent(struct contrast_line *line, const struct block_logs *a,
                            const struct block_logs *b)
{
    struct log_ratio of_a = log_ratio_of(a->logs, a->count);
    struct log_ratio of_b = log_ratio_of(b->logs, b->count);
    line->trials_a = a->count;
    line->trials_b = b->count;
    line->log = log_ratio_difference(&of_a, &of_b);
}

/* The ratio of the geometric means over these rows of each side. */
static void set_ratio(struct contrast_line *line, enum contrast_kind kind,
                      const struct row *const *a, const struct row *const *b,
                      size_t count)
{
    struct block_logs of_a = block_logs_of(a, count, line->metric, line->class_name);
    struct block_logs of_b = block_logs_of(b, count, line->metric, line->class_name);
    if (kind == CONTRAST_CONTENDERS)
        set_paired(line, &of_a, &of_b);
    else
        set_independent(line, &of_a, &of_b);
    if (of_a.has_zero || of_b.has_zero)
        line->gap = "0 has no ratio";
    else if (isnan(line->log.mean))
        line->gap = "no block has both";
    if (!line->gap)
        line->ratio = exp(line->log.mean);
    if (!line->gap && line->trials_a >= RANKING_LEAST_TRIALS &&
        line->trials_b >= RANKING_LEAST_TRIALS)
        line->interval = log_ratio_interval(&line->log, CONFIDENCE);
    block_logs_release(&of_a);
    block_logs_release(&of_b);
}

/* ---- lines ------------------------------------------------------------------------ */

static struct contrast_line *add_line(struct contrast_line **lines, size_t *count,
                                      enum metric_id metric, const char *class_name)
{
    struct contrast_line *line = record_append(lines, count, sizeof *line);
    *line = (struct contrast_line){.cells = 1,
                                   .metric = metric,
                                   .class_name = class_name,
                                   .ratio = NAN,
                                   .log = {NAN, NAN, NAN}};
    return line;
}

static struct contrast_side side_of(const struct row *row, enum metric_id metric,
                                    const char *class_name)
{
    const struct workload *workload = &row->scenario->workload;
    int class_index =
        class_name ? workload_class_index(workload, class_name) : ALL_REQUESTS;
    if (class_name && class_index == ALL_REQUESTS)
        return (struct contrast_side){.value = NAN};
    const struct estimate *estimate =
        row_estimate(row, (struct figure){metric, class_index});
    return (struct contrast_side){.value =
                                      estimate->count ? estimate->median : (double)NAN,
                                  .interval = estimate->interval,
                                  .bound = estimate->bound,
                                  .trials = estimate->count};
}

/* Why a figure cannot be held against the other; NULL: it can. */
static const char *find_gap(const struct contrast_line *line, bool same_machine)
{
    if (!line->a.trials || !line->b.trials)
        return "not measured in both";
    bool no_a = line->a.bound == BOUND_NOTHING, no_b = line->b.bound == BOUND_NOTHING;
    if (no_a || no_b)
        return no_a && no_b ? "both must not be used"
               : no_a       ? "A must not be used"
                            : "B must not be used";
    if (line->bound == BOUND_NOTHING)
        return "both are only known to be at least so much";
    return same_machine ? NULL : "not comparable: another machine";
}

static void add_row_line(struct contrast *contrast, struct row_pair pair,
                         enum metric_id metric, const char *class_name, bool same_machine)
{
    struct contrast_side a = side_of(pair.a, metric, class_name);
    struct contrast_side b = side_of(pair.b, metric, class_name);
    if (!a.trials && !b.trials)
        return;
    struct contrast_line *line =
        add_line(&contrast->lines, &contrast->line_count, metric, class_name);
    line->row = pair.a;
    line->a = a;
    line->b = b;
    line->bound = bound_join(a.bound, bound_inverse(b.bound));
    line->gap = find_gap(line, same_machine);
    if (!line->gap)
        set_ratio(line, contrast->kind, &pair.a, &pair.b, 1);
}

static void add_row_lines(struct contrast *contrast, struct row_pair pair,
                          bool same_machine, const struct contrast_selection *selection)
{
    for (int c = ALL_REQUESTS; c < (int)pair.a->class_count; c++)
        for (enum metric_id m = 0; m < METRIC_COUNT; m++)
            if (c == ALL_REQUESTS ? selection->metrics[m] : selection->of_classes[m])
                add_row_line(contrast, pair, m,
                             workload_class(&pair.a->scenario->workload, c),
                             same_machine);
}

/* ---- means ------------------------------------------------------------------------ */

static bool has_mean(const struct contrast *contrast, const struct contrast_line *line)
{
    for (size_t i = 0; i < contrast->mean_count; i++)
        if (contrast->means[i].metric == line->metric &&
            text_same(contrast->means[i].class_name, line->class_name))
            return true;
    return false;
}

static const struct row *counterpart(const struct row_pair *pairs, const struct row *a)
{
    while (pairs->a != a)
        pairs++;
    return pairs->b;
}

/* Over the lines of this one's figure that have a ratio which is exact. */
static void add_mean(struct contrast *contrast, const struct contrast_line *first,
                     const struct row_pair *pairs)
{
    size_t count = 0, most = contrast->line_count;
    const struct row **a = memory_allocate(most * sizeof *a);
    const struct row **b = memory_allocate(most * sizeof *b);
    for (size_t i = 0; i < contrast->line_count; i++) {
        const struct contrast_line *line = &contrast->lines[i];
        if (line->metric != first->metric ||
            !text_same(line->class_name, first->class_name) || line->gap ||
            line->bound != BOUND_EXACT)
            continue;
        a[count] = line->row;
        b[count++] = counterpart(pairs, line->row);
    }
    if (count > 0) {
        struct contrast_line *mean = add_line(&contrast->means, &contrast->mean_count,
                                              first->metric, first->class_name);
        mean->cells = count;
        set_ratio(mean, contrast->kind, a, b, count);
    }
    free(a);
    free(b);
}

static void add_means(struct contrast *contrast, const struct row_pair *pairs)
{
    for (size_t i = 0; i < contrast->line_count; i++)
        if (!has_mean(contrast, &contrast->lines[i]))
            add_mean(contrast, &contrast->lines[i], pairs);
}

/* ---- pairs of rows ---------------------------------------------------------------- */

static bool is_selected(const struct contrast_selection *selection, const struct row *row)
{
    return selection->scenarios->count == 0 ||
           words_have(selection->scenarios, row->scenario->name);
}

static void tell_unpaired(struct contrast *contrast, const struct row *row,
                          const char *why)
{
    char *line = memory_printf(
        "%s%s%s%s%s, %s: %s", row->scenario->name, row->value ? ", " : "",
        row->value ? row->scenario->sweep.variable : "", row->value ? " " : "",
        row->value ? row->value : "", row->contender->label, why);
    words_add(&contrast->unpaired, line);
    free(line);
}

/* Whether both have figures; what has none, or none that may be used, is told of. */
static bool have_figures(struct contrast *contrast, struct row_pair pair)
{
    const struct row *rows[] = {pair.a, pair.b};
    struct text why = {0};
    for (size_t i = 0; i < 2; i++)
        if (rows[i]->status != ROW_MEASURED && !rows[i]->lower_bound)
            text_printf(&why, "%s%s in %c%s%s", why.length ? "; " : "",
                        row_status_names[rows[i]->status], "AB"[i],
                        rows[i] -> why ? ", " : "", rows[i]->why ? rows[i]->why : "");
    if (why.length)
        tell_unpaired(contrast, pair.a, text_string(&why));
    text_release(&why);
    return pair.a->used_count > 0 && pair.b->used_count > 0;
}

static const struct row *find_same(const struct comparison *comparison,
                                   const struct row *row)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *other = &comparison->rows[i];
        if (strcmp(other->scenario->name, row->scenario->name) == 0 &&
            text_same(other->value, row->value) &&
            strcmp(other->contender->label, row->contender->label) == 0)
            return other;
    }
    return NULL;
}

static int find_contender(const struct contender **contender,
                          const struct comparison *comparison, const char *label,
                          struct error *error)
{
    const struct contenders *all = &comparison->results->experiment.contenders;
    struct text names = {0};
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->items[i].label, label) == 0) {
            *contender = &all->items[i];
            text_release(&names);
            return 0;
        }
        text_printf(&names, "%s%s", i ? ", " : "", all->items[i].label);
    }
    error_set(error, -EINVAL, "\"%s\" took no part in the run; these did: %s", label,
              text_string(&names));
    text_release(&names);
    return -EINVAL;
}

/* Adds the pair's lines where both have figures; `pairs` has room for it. */
static void add_pair(struct contrast *contrast, struct row_pair *pairs, size_t *count,
                     struct row_pair pair, bool same_machine,
                     const struct contrast_selection *selection)
{
    if (!have_figures(contrast, pair))
        return;
    pairs[(*count)++] = pair;
    add_row_lines(contrast, pair, same_machine, selection);
}

int contrast_of_contenders(struct contrast *contrast, const struct comparison *comparison,
                           const char *a, const char *b,
                           const struct contrast_selection *selection,
                           struct error *error)
{
    const struct contender *left = NULL, *right = NULL;
    *contrast = (struct contrast){.kind = CONTRAST_CONTENDERS};
    int result = find_contender(&left, comparison, a, error);
    if (result == 0)
        result = find_contender(&right, comparison, b, error);
    if (result < 0)
        return result;
    struct row_pair *pairs = memory_allocate((comparison->row_count + 1) * sizeof *pairs);
    size_t count = 0;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        bool is_left = row->contender == left;
        const struct row *other =
            comparison_find(comparison, row, is_left ? right : left);
        if ((!is_left && row->contender != right) || !is_selected(selection, row))
            continue;
        if (!other)
            tell_unpaired(contrast, row, is_left ? "B has no part" : "A has no part");
        else if (is_left)
            add_pair(contrast, pairs, &count, (struct row_pair){row, other}, true,
                     selection);
    }
    add_means(contrast, pairs);
    free(pairs);
    return 0;
}

void contrast_of_runs(struct contrast *contrast, const struct comparison *a,
                      const struct comparison *b, bool same_machine,
                      const struct contrast_selection *selection)
{
    *contrast = (struct contrast){.kind = CONTRAST_RUNS};
    struct row_pair *pairs = memory_allocate((a->row_count + 1) * sizeof *pairs);
    size_t count = 0;
    for (size_t i = 0; i < a->row_count; i++) {
        const struct row *other = find_same(b, &a->rows[i]);
        if (!is_selected(selection, &a->rows[i]))
            continue;
        if (!other)
            tell_unpaired(contrast, &a->rows[i], "only in A");
        else
            add_pair(contrast, pairs, &count, (struct row_pair){&a->rows[i], other},
                     same_machine, selection);
    }
    for (size_t i = 0; i < b->row_count; i++)
        if (is_selected(selection, &b->rows[i]) && !find_same(a, &b->rows[i]))
            tell_unpaired(contrast, &b->rows[i], "only in B");
    add_means(contrast, pairs);
    free(pairs);
}

/* ---- loads ------------------------------------------------------------------------ */

/* What the samples of one run tell of a quantile of its own. */
static struct contrast_side side_of_load(struct load_result *load, enum metric_id metric,
                                         const char *class_name)
{
    struct trial_record trial = {.load = load};
    double fraction = metrics[metric].percentile.fraction;
    const struct distribution *distribution =
        metric_distribution(metric, &trial, class_name);
    struct contrast_side side = {.value = metric_read(metric, &trial, class_name)};
    side.trials = isfinite(side.value) ? 1 : 0;
    side.bound = !load->valid                                     ? BOUND_NOTHING
                 : metric_is_at_least(metric, &trial, class_name) ? BOUND_AT_LEAST
                                                                  : BOUND_EXACT;
    if (side.trials && fraction > 0 && distribution && distribution->histogram)
        side.interval = order_histogram_interval(distribution->histogram, fraction);
    return side;
}

static void add_load_line(struct contrast *contrast, struct load_result *a,
                          struct load_result *b, enum metric_id metric,
                          const char *class_name)
{
    struct contrast_side left = side_of_load(a, metric, class_name);
    struct contrast_side right = side_of_load(b, metric, class_name);
    if (!left.trials && !right.trials)
        return;
    struct contrast_line *line =
        add_line(&contrast->lines, &contrast->line_count, metric, class_name);
    line->a = left;
    line->b = right;
    line->trials_a = left.trials;
    line->trials_b = right.trials;
    line->bound = bound_join(left.bound, bound_inverse(right.bound));
    line->gap = find_gap(line, true);
    if (!line->gap && !(left.value > 0 && right.value > 0))
        line->gap = "0 has no ratio";
    if (!line->gap)
        line->ratio = left.value / right.value;
}

static void add_load_lines(struct contrast *contrast, struct load_result *a,
                           struct load_result *b, const char *class_name,
                           const bool selected[METRIC_COUNT])
{
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        if (selected[m])
            add_load_line(contrast, a, b, m, class_name);
}

void contrast_of_loads(struct contrast *contrast, struct load_result *a,
                       struct load_result *b, const struct contrast_selection *selection)
{
    *contrast = (struct contrast){.kind = CONTRAST_LOADS};
    add_load_lines(contrast, a, b, NULL, selection->metrics);
    /* The unnamed class is all that there is. */
    for (size_t c = 0; c < a->class_count; c++)
        if (*a->classes[c].name)
            add_load_lines(contrast, a, b, a->classes[c].name, selection->of_classes);
    for (size_t c = 0; c < b->class_count; c++)
        if (*b->classes[c].name && !load_result_class(a, b->classes[c].name))
            add_load_lines(contrast, a, b, b->classes[c].name, selection->of_classes);
}

void contrast_release(struct contrast *contrast)
{
    free(contrast->lines);
    free(contrast->means);
    words_release(&contrast->unpaired);
    *contrast = (struct contrast){0};
}

/* A ratio that is known to be at least so much is shown to be above 1 and never to be
 * below. */
const char *contrast_word(const struct contrast_line *line)
{
    static const char *const words[][2] = {[BETTER_NEITHER] = {"less", "more"},
                                           [BETTER_MORE] = {"worse", "better"},
                                           [BETTER_LESS] = {"better", "worse"}};
    const char *const *word = words[metrics[line->metric].better];
    if (!line->interval.exists)
        return "";
    if (line->interval.low > 1 && !(line->bound & BOUND_AT_MOST))
        return word[1];
    if (line->interval.high < 1 && !(line->bound & BOUND_AT_LEAST))
        return word[0];
    return "~";
}

/* ---- regressions ------------------------------------------------------------------ */

bool contrast_is_judged(const struct contrast_line *line)
{
    return metrics[line->metric].better != BETTER_NEITHER;
}

/* Where A may lie without being worse by more than the threshold. */
static struct ratio_range allowed(const struct contrast_line *line, double threshold)
{
    return metrics[line->metric].better == BETTER_MORE
               ? (struct ratio_range){1 - threshold, INFINITY}
               : (struct ratio_range){0, 1 + threshold};
}

/* P values; NAN of what the data cannot show: a ratio that is only known to be at least,
 * or at most, so much shows that much alone. */
static struct range_test test_of(const struct contrast_line *line, double threshold)
{
    struct range_test test = {NAN, NAN};
    if (!contrast_is_judged(line) || !line->interval.exists)
        return test;
    test = range_test(&line->log, allowed(line, threshold));
    bool more = metrics[line->metric].better == BETTER_MORE;
    if (line->bound == (more ? BOUND_AT_LEAST : BOUND_AT_MOST))
        test.outside = NAN;
    if (line->bound == (more ? BOUND_AT_MOST : BOUND_AT_LEAST))
        test.within = NAN;
    return test;
}

void contrast_judge(struct contrast *contrast, double threshold)
{
    size_t count = contrast->line_count;
    double *within = memory_allocate((count + 1) * sizeof *within);
    double *outside = memory_allocate((count + 1) * sizeof *outside);
    bool *is_within = memory_allocate_zeroed(count + 1, sizeof *is_within);
    bool *is_outside = memory_allocate_zeroed(count + 1, sizeof *is_outside);
    for (size_t i = 0; i < count; i++) {
        struct range_test test = test_of(&contrast->lines[i], threshold);
        within[i] = test.within;
        outside[i] = test.outside;
    }
    statistics_holm(within, count, LEVEL, is_within);
    statistics_holm(outside, count, LEVEL, is_outside);
    for (size_t i = 0; i < count; i++)
        contrast->lines[i].answer = is_outside[i]  ? RANGE_OUTSIDE
                                    : is_within[i] ? RANGE_WITHIN
                                                   : RANGE_NOT_TOLD;
    free(within);
    free(outside);
    free(is_within);
    free(is_outside);
}
