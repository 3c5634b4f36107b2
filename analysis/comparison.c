/* comparison.c - see comparison.h. */
#include "analysis/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *const row_status_names[] = {[ROW_MEASURED] = "measured",
                                        [ROW_INVALID] = "invalid",
                                        [ROW_FAILED] = "failed",
                                        [ROW_NOT_TESTABLE] = "not testable here",
                                        [ROW_MISSING] = "not measured yet"};

/* ---- rows ------------------------------------------------------------------------- */

static bool belongs(const struct trial_record *trial, const struct row *row)
{
    return text_same(trial->slices ? trial->slices->against : NULL,
                     row->against ? row->against->label : NULL) &&
           text_same(trial->scenario, row->scenario->name) &&
           text_same(trial->model, row->contender->label) &&
           text_same(trial->point.value, row->value);
}

static void keep(const struct trial_record ***list, size_t *count,
                 const struct trial_record *trial)
{
    *list = memory_resize(*list, (*count + 1) * sizeof **list);
    (*list)[(*count)++] = trial;
}

static void collect_trials(struct row *row, const struct results *results)
{
    for (size_t i = 0; i < results->trial_count; i++)
        if (belongs(&results->trials[i], row))
            keep(&row->trials, &row->trial_count, &results->trials[i]);
    for (int valid = 1; valid >= 0 && row->used_count == 0; valid--) {
        row->status = valid ? ROW_MEASURED : ROW_INVALID;
        for (size_t i = 0; i < row->trial_count; i++)
            if (row->trials[i]->status == TRIAL_MEASURED &&
                (!valid || row->trials[i]->valid))
                keep(&row->used, &row->used_count, row->trials[i]);
    }
    if (row->used_count == 0)
        row->status = row->trial_count > 0 ? ROW_FAILED : ROW_MISSING;
}

static bool has_word(const struct text *words, const char *word)
{
    char **list = text_split(text_string(words), ',', NULL);
    bool found = false;
    for (size_t i = 0; list[i]; i++)
        found = found || strcmp(list[i], word) == 0;
    text_list_free(list);
    return found;
}

/* The words of the flags of the trials that a row uses or has lost, each once. */
static void tell_flags(const struct row *row, enum flag_severity severity,
                       struct text *words)
{
    for (size_t i = 0; i < row->trial_count; i++) {
        for (size_t f = 0; f < row->trials[i]->flag_count; f++) {
            const struct trial_flag *flag = &row->trials[i]->flags[f];
            if (flag->severity == (int)severity && !has_word(words, flag->word))
                text_printf(words, "%s%s", words->length ? ", " : "", flag->word);
        }
    }
}

/* What is said of few slices limits none of the figures of them all. */
static bool is_limit(const struct trial_record *trial, const struct trial_flag *flag)
{
    return flag->flag >= 0 && flag_kinds[flag->flag].traits & FLAG_LOWER_BOUND &&
           !(trial->slices && trial->slices->series &&
             slice_series_is_valid(trial->slices->series));
}

/* A flag leaves a lower bound, whether it is tolerated or not, and no other forbids the
 * use of these trials. */
static bool is_lower_bound(const struct row *row)
{
    bool limited = false;
    for (size_t i = 0; i < row->used_count; i++) {
        for (size_t f = 0; f < row->used[i]->flag_count; f++) {
            const struct trial_flag *flag = &row->used[i]->flags[f];
            bool limits = is_limit(row->used[i], flag);
            if (flag->severity == FLAG_INVALID && !limits)
                return false;
            limited = limited || limits;
        }
    }
    return limited;
}

static const char *find_skip_reason(const struct results *results, const struct row *row)
{
    for (size_t i = 0; i < results->manifest.not_testable_count; i++) {
        const struct not_testable *cell = &results->manifest.not_testable[i];
        if (text_same(cell->scenario, row->scenario->name) &&
            text_same(cell->value, row->value) &&
            text_same(cell->model, row->contender->label))
            return cell->why;
    }
    return NULL;
}

static void tell_why(struct row *row, const struct results *results)
{
    struct text why = {0};
    size_t failed = 0;
    for (size_t i = 0; i < row->trial_count; i++)
        failed += row->trials[i]->status == TRIAL_FAILED;
    const char *skip_reason = find_skip_reason(results, row);
    if (row->trial_count == 0 && skip_reason) {
        row->status = ROW_NOT_TESTABLE;
        text_append_string(&why, skip_reason);
    }
    for (size_t i = 0; failed > 0 && i < row->trial_count && !why.length; i++)
        if (row->trials[i]->status == TRIAL_FAILED)
            text_printf(&why, "%zu of %zu %s failed: %s", failed, row->trial_count,
                        text_plural((double)row->trial_count, "trial", "trials"),
                        row->trials[i]->reason);
    if (failed == 0)
        tell_flags(row, FLAG_INVALID, &why);
    row->why = why.length ? text_steal(&why) : NULL;
    text_release(&why);
    struct text remarks = {0};
    tell_flags(row, FLAG_WARNING, &remarks);
    row->remarks = remarks.length ? text_steal(&remarks) : NULL;
    text_release(&remarks);
}

/* ---- figures ---------------------------------------------------------------------- */

static struct estimate estimate_of(const double *values, size_t count)
{
    struct estimate estimate = {.count = count,
                                .median = statistics_median(values, count),
                                .least = NAN,
                                .greatest = NAN,
                                .interval = statistics_median_interval(values, count)};
    for (size_t i = 0; i < count; i++) {
        estimate.least = fmin(estimate.least, values[i]);
        estimate.greatest = fmax(estimate.greatest, values[i]);
    }
    return estimate;
}

bool estimate_is_usable(const struct estimate *estimate)
{
    return estimate->count > 0 && estimate->bound != BOUND_NOTHING;
}

/*
 * What a figure of the row's trials proves by their flags. The mean latency of a closed
 * loop is its connections over the throughput (Little's law): at most this, where the
 * throughput is at least that. In an open loop it holds how late the generator was.
 */
static enum bound bound_by_flags(const struct row *row, enum metric_id metric)
{
    enum bound limited = metrics[metric].if_limited;
    if (!row->lower_bound)
        return row->status == ROW_INVALID ? BOUND_NOTHING : BOUND_EXACT;
    return limited == BOUND_AT_MOST && workload_is_open(&row->scenario->workload)
               ? BOUND_NOTHING
               : limited;
}

/* A figure over the used trials that have it; `class_name` NULL: of all requests. */
static struct estimate estimate_metric(const struct row *row, enum metric_id metric,
                                       const char *class_name)
{
    double *values = memory_allocate((row->used_count + 1) * sizeof *values);
    size_t count = 0;
    enum bound bound = bound_by_flags(row, metric);
    for (size_t i = 0; i < row->used_count && !row->against; i++) {
        double value = metric_read(metric, row->used[i], class_name);
        if (!isfinite(value))
            continue;
        values[count++] = value;
        if (metric_is_at_least(metric, row->used[i], class_name))
            bound = bound_join(bound, BOUND_AT_LEAST);
    }
    struct estimate estimate = estimate_of(values, count);
    estimate.bound = bound;
    free(values);
    return estimate;
}

static void estimate_all(const struct row *row, const char *class_name,
                         struct estimate estimates[METRIC_COUNT])
{
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        estimates[m] = estimate_metric(row, m, class_name);
}

static void add_classes(struct row *row)
{
    const struct workload *workload = &row->scenario->workload;
    const char *name;
    while ((name = workload_class(workload, (int)row->class_count))) {
        struct row_class *class =
            record_append(&row->classes, &row->class_count, sizeof *class);
        class->name = name;
        estimate_all(row, name, class->estimates);
    }
}

static void predict(struct row *row, const struct results *results)
{
    if (row->used_count == 0 || row->against)
        return;
    struct scenario point;
    scenario_at_point(&point, row->scenario, row->value);
    int cpus = (int)row->used[0]->cpus.server_count;
    struct theory_case known = {
        .scenario = &point,
        .contender = row->contender,
        .calibration = manifest_calibration(&results->manifest),
        .server_cpus = cpus >= 1 ? cpus : 1,
        .trials = row->used,
        .trial_count = row->used_count,
    };
    row->prediction_count = theory_predict(&known, row->predictions);
    scenario_release(&point);
}

static void fill_row(struct row *row, const struct results *results,
                     const struct experiment_scenario *own, const char *value,
                     size_t contender)
{
    row->scenario = &own->scenario;
    row->value = value;
    row->contender = &results->experiment.contenders.items[contender];
    if (results->experiment.slicing.count)
        row->against = &results->experiment.contenders.items[own->contenders[0]];
    collect_trials(row, results);
    tell_why(row, results);
    row->lower_bound = is_lower_bound(row);
    estimate_all(row, NULL, row->estimates);
    add_classes(row);
    predict(row, results);
}

static void add_cell(struct comparison *comparison, const struct experiment_scenario *own,
                     const char *value)
{
    for (size_t c = 0; c < own->contender_count; c++)
        fill_row(record_append(&comparison->rows, &comparison->row_count,
                               sizeof *comparison->rows),
                 comparison->results, own, value, own->contenders[c]);
    if (own->twin != own->twin_of)
        fill_row(record_append(&comparison->twins, &comparison->twin_count,
                               sizeof *comparison->twins),
                 comparison->results, own, value, own->twin);
}

static void add_cells(struct comparison *comparison)
{
    const struct experiment *experiment = &comparison->results->experiment;
    for (size_t s = 0; s < experiment->scenario_count; s++) {
        const struct experiment_scenario *own = &experiment->scenarios[s];
        const struct sweep *sweep = &own->scenario.sweep;
        size_t points = sweep->variable ? sweep->values.count : 1;
        for (size_t v = 0; v < points; v++)
            add_cell(comparison, own, sweep->variable ? sweep->values.items[v] : NULL);
    }
}

/* ---- the whole -------------------------------------------------------------------- */

void comparison_make(struct comparison *comparison, const struct results *results)
{
    *comparison = (struct comparison){.results = results};
    add_cells(comparison);
}

static void release_rows(struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(rows[i].why);
        free(rows[i].remarks);
        free(rows[i].trials);
        free(rows[i].used);
        free(rows[i].classes);
    }
    free(rows);
}

void comparison_release(struct comparison *comparison)
{
    release_rows(comparison->rows, comparison->row_count);
    release_rows(comparison->twins, comparison->twin_count);
    *comparison = (struct comparison){0};
}

const struct estimate *row_estimate(const struct row *row, struct figure figure)
{
    const struct estimate *estimates = figure.class_index == ALL_REQUESTS
                                           ? row->estimates
                                           : row->classes[figure.class_index].estimates;
    return &estimates[figure.metric];
}

const struct prediction *row_prediction(const struct row *row, struct figure figure)
{
    for (size_t i = 0; i < row->prediction_count; i++)
        if (figure_equal(row->predictions[i].figure, figure))
            return &row->predictions[i];
    return NULL;
}

bool row_same_cell(const struct row *a, const struct row *b)
{
    return a->scenario == b->scenario && a->value == b->value;
}

const struct row *comparison_find(const struct comparison *comparison,
                                  const struct row *cell,
                                  const struct contender *contender)
{
    for (size_t i = 0; i < comparison->row_count; i++)
        if (row_same_cell(&comparison->rows[i], cell) &&
            comparison->rows[i].contender == contender)
            return &comparison->rows[i];
    return NULL;
}

const struct trial_record *row_trial_of_block(const struct row *row, uint64_t block)
{
    for (size_t i = 0; i < row->used_count; i++)
        if (row->used[i]->block == block)
            return row->used[i];
    return NULL;
}

size_t row_pairs(const struct row *a, const struct row *b, struct figure figure,
                 double *left, double *right, uint64_t *blocks)
{
    const char *class_name = workload_class(&a->scenario->workload, figure.class_index);
    size_t pairs = 0;
    for (size_t i = 0; i < a->used_count; i++) {
        const struct trial_record *other = row_trial_of_block(b, a->used[i]->block);
        if (!other)
            continue;
        left[pairs] = metric_read(figure.metric, a->used[i], class_name);
        right[pairs] = metric_read(figure.metric, other, class_name);
        if (blocks)
            blocks[pairs] = other->block;
        pairs++;
    }
    return pairs;
}

struct ratio row_ratio(const struct row *a, const struct row *b, struct figure figure,
                       double confidence)
{
    double *left = memory_allocate((a->used_count + 1) * sizeof *left);
    double *right = memory_allocate((a->used_count + 1) * sizeof *right);
    size_t pairs = row_pairs(a, b, figure, left, right, NULL);
    struct ratio ratio = ratio_of_pairs(left, right, pairs, confidence);
    free(left);
    free(right);
    return ratio;
}
