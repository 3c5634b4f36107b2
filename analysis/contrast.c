/* contrast.c - see contrast.h. */
#include "analysis/contrast.h"

#include <stdlib.h>

#include "analysis/order_statistics.h"
#include "analysis/ranking.h"
#include "base/text.h"

#define CONFIDENCE 0.95
#define LEVEL      0.05

void contrast_select_default(struct contrast_selection *selection)
{
    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        selection->metrics[m] = metrics[m].has_ratio;
        selection->of_classes[m] = metrics[m].has_ratio && metrics[m].class_column;
    }
}

/* ---- ratios ----------------------------------------------------------------------- */

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

/* The ratio of the geometric means over these sources of each side. */
static void set_ratio(struct contrast_line *line, enum contrast_kind kind,
                      const struct block_source *a, const struct block_source *b,
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

static struct block_source *copy_for_noise(const struct block_source *sources,
                                           size_t count)
{
    struct block_source *copies = memory_allocate(count * sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = block_source_noise(&sources[i]);
    return copies;
}

/* The noise of a ratio by turns: the same of the first contenders against themselves. */
static void set_noise(struct contrast_line *line, enum contrast_kind kind,
                      const struct block_source *a, const struct block_source *b,
                      size_t count)
{
    struct block_source *of_a = copy_for_noise(a, count);
    struct block_source *of_b = copy_for_noise(b, count);
    struct contrast_line itself = {.metric = line->metric};
    set_ratio(&itself, kind, of_a, of_b, count);
    line->noise = log_ratio_interval(&itself.log, CONFIDENCE);
    free(of_a);
    free(of_b);
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

static struct contrast_side side_of_row(const struct row *row, enum metric_id metric,
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

static struct contrast_side side_by_turns(const struct block_source *source,
                                          enum metric_id metric, const char *class_name)
{
    if (class_name)
        return (struct contrast_side){.value = NAN};
    struct slice_ratio ratio =
        slice_ratio_of(source->turns, &source->cell, metric, CONFIDENCE);
    struct contrast_side side = {.value = ratio.value,
                                 .interval = ratio.interval,
                                 .bound = ratio.invalid ? BOUND_NOTHING : BOUND_EXACT,
                                 .trials = ratio.pairs};
    if (source->is_first) {
        side.value = 1;
        side.interval = (struct interval){0};
    }
    return side;
}

static struct contrast_side side_of(const struct block_source *source,
                                    enum metric_id metric, const char *class_name)
{
    return source->turns ? side_by_turns(source, metric, class_name)
                         : side_of_row(source->row, metric, class_name);
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

static void add_row_line(struct contrast *contrast, const struct contrast_pair *pair,
                         enum metric_id metric, const char *class_name, bool same_machine)
{
    struct contrast_side a = side_of(&pair->a, metric, class_name);
    struct contrast_side b = side_of(&pair->b, metric, class_name);
    if (!a.trials && !b.trials)
        return;
    struct contrast_line *line =
        add_line(&contrast->lines, &contrast->line_count, metric, class_name);
    line->row = pair->a.row;
    line->a = a;
    line->b = b;
    line->bound = bound_join(a.bound, bound_inverse(b.bound));
    line->gap = find_gap(line, same_machine || contrast->by_turns);
    if (contrast->by_turns && contrast->kind == CONTRAST_RUNS)
        line->to = pair->a.cell.first;
    if (line->gap)
        return;
    set_ratio(line, contrast->kind, &pair->a, &pair->b, 1);
    if (contrast->by_turns)
        set_noise(line, contrast->kind, &pair->a, &pair->b, 1);
}

static void add_row_lines(struct contrast *contrast, const struct contrast_pair *pair,
                          bool same_machine, const struct contrast_selection *selection)
{
    const struct row *row = pair->a.row;
    for (int c = ALL_REQUESTS; c < (int)row->class_count; c++)
        for (enum metric_id m = 0; m < METRIC_COUNT; m++)
            if (c == ALL_REQUESTS ? selection->metrics[m] : selection->of_classes[m])
                add_row_line(contrast, pair, m,
                             workload_class(&row->scenario->workload, c), same_machine);
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

static const struct contrast_pair *pair_of(const struct contrast_pairs *pairs,
                                           const struct row *a)
{
    size_t i = 0;
    while (pairs->items[i].a.row != a)
        i++;
    return &pairs->items[i];
}

/* Over the lines of this one's figure that have a ratio which is exact. */
static void add_mean(struct contrast *contrast, const struct contrast_line *first,
                     const struct contrast_pairs *pairs)
{
    size_t count = 0, most = contrast->line_count;
    struct block_source *a = memory_allocate(most * sizeof *a);
    struct block_source *b = memory_allocate(most * sizeof *b);
    for (size_t i = 0; i < contrast->line_count; i++) {
        const struct contrast_line *line = &contrast->lines[i];
        if (line->metric != first->metric ||
            !text_same(line->class_name, first->class_name) || line->gap ||
            line->bound != BOUND_EXACT)
            continue;
        const struct contrast_pair *pair = pair_of(pairs, line->row);
        a[count] = pair->a;
        b[count++] = pair->b;
    }
    if (count > 0) {
        struct contrast_line *mean = add_line(&contrast->means, &contrast->mean_count,
                                              first->metric, first->class_name);
        mean->cells = count;
        set_ratio(mean, contrast->kind, a, b, count);
        if (contrast->by_turns)
            set_noise(mean, contrast->kind, a, b, count);
    }
    free(a);
    free(b);
}

static void add_means(struct contrast *contrast, const struct contrast_pairs *pairs)
{
    for (size_t i = 0; i < contrast->line_count; i++)
        if (!has_mean(contrast, &contrast->lines[i]))
            add_mean(contrast, &contrast->lines[i], pairs);
}

/* ---- contenders and runs ---------------------------------------------------------- */

/* Fills it from the pairs, of which nothing is left to release. */
static void fill(struct contrast *contrast, struct contrast_pairs *pairs,
                 bool same_machine, const struct contrast_selection *selection)
{
    for (size_t i = 0; i < pairs->count; i++)
        add_row_lines(contrast, &pairs->items[i], same_machine, selection);
    add_means(contrast, pairs);
    contrast->unpaired = pairs->unpaired;
    pairs->unpaired = (struct words){0};
    contrast_pairs_release(pairs);
}

int contrast_of_contenders(struct contrast *contrast, const struct comparison *comparison,
                           const char *a, const char *b,
                           const struct contrast_selection *selection,
                           struct error *error)
{
    struct contrast_pairs pairs;
    *contrast = (struct contrast){.kind = CONTRAST_CONTENDERS,
                                  .by_turns = comparison_is_by_turns(comparison)};
    int result = contrast_pairs_of_contenders(&pairs, comparison, a, b,
                                              selection->scenarios, error);
    if (result == 0)
        fill(contrast, &pairs, true, selection);
    return result;
}

int contrast_of_runs(struct contrast *contrast, const struct comparison *a,
                     const struct comparison *b, bool same_machine,
                     const struct contrast_selection *selection, struct error *error)
{
    struct contrast_pairs pairs;
    *contrast =
        (struct contrast){.kind = CONTRAST_RUNS, .by_turns = comparison_is_by_turns(a)};
    int result = contrast_pairs_of_runs(&pairs, a, b, selection->scenarios, error);
    if (result == 0)
        fill(contrast, &pairs, same_machine, selection);
    return result;
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

/* ---- words ------------------------------------------------------------------------ */

double contrast_noise_floor(const struct contrast_line *line)
{
    return line->noise.exists ? sqrt(line->noise.high / line->noise.low) - 1
                              : (double)NAN;
}

static bool is_suspect(const struct contrast_line *line)
{
    return line->noise.exists && !interval_holds(&line->noise, 1);
}

/* Whether the ratio is no farther from 1 than the noise floor. */
static bool is_noise(const struct contrast_line *line)
{
    return fabs(line->log.mean) <= log1p(contrast_noise_floor(line));
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
    if (is_suspect(line))
        return "suspect";
    if (is_noise(line))
        return "~";
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
 * or at most, so much shows that much alone, and one that is noise no difference. */
static struct range_test test_of(const struct contrast_line *line, double threshold)
{
    struct range_test test = {NAN, NAN};
    if (!contrast_is_judged(line) || !line->interval.exists || is_suspect(line))
        return test;
    test = range_test(&line->log, allowed(line, threshold));
    bool more = metrics[line->metric].better == BETTER_MORE;
    if (line->bound == (more ? BOUND_AT_LEAST : BOUND_AT_MOST) || is_noise(line))
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
