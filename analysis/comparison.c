/* comparison.c - see comparison.h. */
#include "analysis/comparison.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_document.h"
#include "base/text.h"
#include "record/results_dir.h"

const char *const row_status_names[] = {[ROW_MEASURED] = "measured",
                                        [ROW_INVALID] = "invalid",
                                        [ROW_FAILED] = "failed",
                                        [ROW_NOT_TESTABLE] = "not testable here",
                                        [ROW_MISSING] = "not measured yet"};

/* ---- reading ---------------------------------------------------------------------- */

static int compare_orders(const void *a, const void *b)
{
    double left = json_number(*(cJSON *const *)a, "order");
    double right = json_number(*(cJSON *const *)b, "order");
    return (left > right) - (left < right);
}

static int read_trials(struct comparison *comparison, const char *path,
                       struct error *error)
{
    char *folder = memory_printf("%s/trials", path);
    DIR *listing = opendir(folder);
    int result = 0;
    if (!listing)
        result = error_set(error, -errno, "%s: cannot read the folder: %s", folder,
                           strerror(errno));
    struct dirent *entry;
    while (listing && result == 0 && (entry = readdir(listing))) {
        if (entry->d_name[0] == '.')
            continue;
        char *file = memory_printf("%s/%s/trial.json", folder, entry->d_name);
        struct json_document document;
        result = json_open_file(&document, file, error);
        free(file);
        if (result < 0)
            break;
        comparison->trials =
            memory_resize(comparison->trials,
                          (comparison->trial_count + 1) * sizeof *comparison->trials);
        comparison->trials[comparison->trial_count++] = document.root;
        document.root = NULL;
        json_close(&document);
    }
    if (listing)
        closedir(listing);
    free(folder);
    if (comparison->trial_count > 0)
        qsort(comparison->trials, comparison->trial_count, sizeof(cJSON *),
              compare_orders);
    return result;
}

/* ---- rows ------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool belongs(const cJSON *trial, const struct row *row)
{
    return same_text(json_string(trial, "scenario"), row->scenario->name) &&
           same_text(json_string(trial, "model"), row->contender->label) &&
           same_text(json_string(json_at(trial, "point"), "value"), row->value);
}

static void keep(const cJSON ***list, size_t *count, const cJSON *trial)
{
    *list = memory_resize(*list, (*count + 1) * sizeof **list);
    (*list)[(*count)++] = trial;
}

static bool was_measured(const cJSON *trial)
{
    return same_text(json_string(trial, "status"), "measured");
}

static void collect_trials(struct row *row, const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->trial_count; i++)
        if (belongs(comparison->trials[i], row))
            keep(&row->trials, &row->trial_count, comparison->trials[i]);
    for (int valid = 1; valid >= 0 && row->used_count == 0; valid--) {
        row->status = valid ? ROW_MEASURED : ROW_INVALID;
        for (size_t i = 0; i < row->trial_count; i++)
            if (was_measured(row->trials[i]) &&
                (!valid || cJSON_IsTrue(json_at(row->trials[i], "valid"))))
                keep(&row->used, &row->used_count, row->trials[i]);
    }
    if (row->used_count == 0)
        row->status = row->trial_count > 0 ? ROW_FAILED : ROW_MISSING;
}

/* The codes of the flags of the trials that a row uses or has lost, each once. */
static void tell_flags(struct row *row, struct text *why)
{
    for (size_t i = 0; i < row->trial_count; i++) {
        const cJSON *flag;
        cJSON_ArrayForEach(flag, json_at(row->trials[i], "flags"))
        {
            const char *code = json_string(flag, "code");
            if (code && same_text(json_string(flag, "severity"), "invalid") &&
                !strstr(text_string(why), code))
                text_printf(why, "%s%s", why->length ? ", " : "", code);
        }
    }
}

/* Every flag that forbids the use of these trials says that the generator was full. */
static bool only_generator_was_full(const struct row *row)
{
    for (size_t i = 0; i < row->used_count; i++) {
        const cJSON *flag;
        cJSON_ArrayForEach(flag, json_at(row->used[i], "flags"))
        {
            if (same_text(json_string(flag, "severity"), "invalid") &&
                !same_text(json_string(flag, "code"), "generator_saturated"))
                return false;
        }
    }
    return true;
}

static const char *find_skip_reason(const struct comparison *comparison,
                                    const struct row *row)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, json_at(comparison->manifest, "not_testable"))
    {
        if (same_text(json_string(item, "scenario"), row->scenario->name) &&
            same_text(json_string(item, "value"), row->value) &&
            same_text(json_string(item, "model"), row->contender->label))
            return json_string(item, "why");
    }
    return NULL;
}

static void tell_why(struct row *row, const struct comparison *comparison)
{
    struct text why = {0};
    size_t failed = 0;
    for (size_t i = 0; i < row->trial_count; i++)
        failed += !was_measured(row->trials[i]);
    const char *skip_reason = find_skip_reason(comparison, row);
    if (row->trial_count == 0 && skip_reason) {
        row->status = ROW_NOT_TESTABLE;
        text_append_string(&why, skip_reason);
    }
    for (size_t i = 0; failed > 0 && i < row->trial_count && !why.length; i++)
        if (!was_measured(row->trials[i]))
            text_printf(&why, "%zu of %zu trials failed: %s", failed, row->trial_count,
                        json_string(row->trials[i], "reason"));
    if (failed == 0)
        tell_flags(row, &why);
    row->why = why.length ? text_steal(&why) : NULL;
    text_release(&why);
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

/* The estimate from one value for each used trial; NaN is left out. */
static struct estimate estimate_used(const struct row *row, enum quantity_unit unit,
                                     const double *values)
{
    double *measured = memory_allocate((row->used_count + 1) * sizeof *measured);
    size_t count = 0;
    bool at_least = false;
    for (size_t i = 0; i < row->used_count; i++) {
        if (!isfinite(values[i]))
            continue;
        measured[count++] = values[i];
        at_least = at_least || metric_is_censored(row->used[i], unit, values[i]);
    }
    struct estimate estimate = estimate_of(measured, count);
    estimate.at_least = at_least;
    free(measured);
    return estimate;
}

static void estimate_row(struct row *row)
{
    double *values = memory_allocate((row->used_count + 1) * sizeof *values);
    for (size_t m = 0; m < METRIC_COUNT; m++) {
        for (size_t i = 0; i < row->used_count; i++)
            values[i] = metrics[m].read(row->used[i]);
        row->estimates[m] = estimate_used(row, metrics[m].unit, values);
    }
    free(values);
}

static const cJSON *class_result(const cJSON *trial, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json_at(trial, "load/classes"), name);
}

static void estimate_class(struct row *row, struct row_class *class)
{
    double *values = memory_allocate((row->used_count + 1) * sizeof *values);
    for (size_t m = 0; m < CLASS_METRIC_COUNT; m++) {
        for (size_t i = 0; i < row->used_count; i++)
            values[i] = class_metrics[m].read(row->used[i],
                                              class_result(row->used[i], class->name));
        class->estimates[m] = estimate_used(row, class_metrics[m].unit, values);
    }
    free(values);
}

/* The scenario's named classes, each once, in the order of its requests. */
static void add_classes(struct row *row)
{
    const struct workload *workload = &row->scenario->workload;
    row->classes =
        memory_allocate_zeroed(workload->request_count + 1, sizeof *row->classes);
    for (size_t i = 0; i < workload->request_count; i++) {
        const char *name = workload->requests[i].class_name;
        bool known = !*name;
        for (size_t c = 0; c < row->class_count; c++)
            known = known || strcmp(row->classes[c].name, name) == 0;
        if (!known)
            row->classes[row->class_count++].name = name;
    }
    for (size_t c = 0; c < row->class_count; c++)
        estimate_class(row, &row->classes[c]);
}

static void predict(struct row *row, const struct comparison *comparison)
{
    if (row->used_count == 0)
        return;
    struct scenario point;
    scenario_at_point(&point, row->scenario, row->value);
    double cpus = json_number(json_at(row->used[0], "cpus"), "server_count");
    struct theory_case known = {
        .scenario = &point,
        .contender = row->contender,
        .calibration = &comparison->calibration,
        .server_cpus = cpus >= 1 ? (int)cpus : 1,
        .cpu_per_request_s = row->estimates[METRIC_CPU_PER_REQUEST].median / 1e9,
    };
    row->prediction_count = theory_predict(&known, row->predictions);
    scenario_release(&point);
}

static void add_row(struct comparison *comparison, const struct experiment_scenario *own,
                    const char *value, size_t contender)
{
    comparison->rows = memory_resize(comparison->rows, (comparison->row_count + 1) *
                                                           sizeof *comparison->rows);
    struct row *row = &comparison->rows[comparison->row_count++];
    *row = (struct row){.scenario = &own->scenario,
                        .value = value,
                        .contender = &comparison->run.contenders.items[contender]};
    collect_trials(row, comparison);
    tell_why(row, comparison);
    row->lower_bound = row->status == ROW_INVALID && only_generator_was_full(row);
    estimate_row(row);
    add_classes(row);
    predict(row, comparison);
}

static void add_rows(struct comparison *comparison)
{
    for (size_t s = 0; s < comparison->run.scenario_count; s++) {
        const struct experiment_scenario *own = &comparison->run.scenarios[s];
        const struct sweep *sweep = &own->scenario.sweep;
        size_t points = sweep->variable ? sweep->values.count : 1;
        for (size_t v = 0; v < points; v++)
            for (size_t c = 0; c < own->contender_count; c++)
                add_row(comparison, own, sweep->variable ? sweep->values.items[v] : NULL,
                        own->contenders[c]);
    }
}

static double read_cpu_per_request(const cJSON *trial, const void *unused)
{
    (void)unused;
    return metrics[METRIC_CPU_PER_REQUEST].read(trial);
}

static void add_ratios(struct comparison *comparison)
{
    struct row *base = NULL;
    for (size_t i = 0; i < comparison->row_count; i++) {
        struct row *row = &comparison->rows[i];
        if (base && !row_same_cell(base, row))
            base = NULL;
        if (row->used_count == 0)
            continue;
        base = base ? base : row;
        row->base = base;
        row->cpu_ratio = row_ratio(row, base, read_cpu_per_request, NULL, 0.95);
    }
}

/* ---- the whole -------------------------------------------------------------------- */

int comparison_read(struct comparison *comparison, const char *path, struct error *error)
{
    *comparison = (struct comparison){0};
    struct results_dir dir;
    cJSON *config;
    int result = results_dir_open(&dir, path, &config, error);
    if (result < 0)
        return result;
    comparison->manifest = cJSON_Duplicate(dir.manifest, true);
    results_dir_release(&dir);
    result = experiment_from_json(&comparison->run, config, error);
    cJSON_Delete(config);
    if (result == 0)
        result = work_calibration_from_json(&comparison->calibration,
                                            json_at(comparison->manifest, "calibration"),
                                            error);
    if (result == 0)
        result = read_trials(comparison, path, error);
    if (result < 0) {
        comparison_release(comparison);
        return result;
    }
    add_rows(comparison);
    add_ratios(comparison);
    return 0;
}

void comparison_release(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        free(comparison->rows[i].why);
        free(comparison->rows[i].trials);
        free(comparison->rows[i].used);
        free(comparison->rows[i].classes);
    }
    for (size_t i = 0; i < comparison->trial_count; i++)
        cJSON_Delete(comparison->trials[i]);
    free(comparison->rows);
    free(comparison->trials);
    cJSON_Delete(comparison->manifest);
    work_calibration_release(&comparison->calibration);
    experiment_release(&comparison->run);
    *comparison = (struct comparison){0};
}

const struct prediction *row_prediction(const struct row *row, const char *metric)
{
    for (size_t i = 0; i < row->prediction_count; i++)
        if (strcmp(row->predictions[i].metric, metric) == 0)
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

static const cJSON *trial_of_block(const struct row *row, double block)
{
    for (size_t i = 0; i < row->used_count; i++)
        if (json_number(row->used[i], "block") == block)
            return row->used[i];
    return NULL;
}

struct ratio row_ratio(const struct row *a, const struct row *b,
                       double (*read)(const cJSON *trial, const void *context),
                       const void *context, double confidence)
{
    double *left = memory_allocate((a->used_count + 1) * sizeof *left);
    double *right = memory_allocate((a->used_count + 1) * sizeof *right);
    size_t pairs = 0;
    for (size_t i = 0; i < a->used_count; i++) {
        const cJSON *other = trial_of_block(b, json_number(a->used[i], "block"));
        if (!other)
            continue;
        left[pairs] = read(a->used[i], context);
        right[pairs++] = read(other, context);
    }
    struct ratio ratio = statistics_ratio(left, right, pairs, confidence);
    free(left);
    free(right);
    return ratio;
}
