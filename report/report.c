/* report.c - see report.h. */
#include "report/report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/comparison.h"
#include "base/file.h"
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "record/results_dir.h"
#include "report/charts.h"
#include "report/overview.h"
#include "report/tables.h"

static int write_text(const char *path, const char *name, const char *content,
                      size_t length, struct error *error)
{
    char *file = memory_printf("%s/%s", path, name);
    int result = file_write_atomic(file, content, length, error);
    free(file);
    return result;
}

/* Prints into memory and writes that as a file. */
typedef void print_part(const void *what, FILE *file);

static int write_printed(const char *path, const char *name, print_part *print,
                         const void *what, struct error *error)
{
    char *content = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&content, &length);
    if (!file)
        return error_set(error, -ENOMEM, "%s/%s: cannot be made", path, name);
    print(what, file);
    fclose(file);
    int result = write_text(path, name, content, length, error);
    free(content);
    return result;
}

/* ---- samples.csv ------------------------------------------------------------------ */

static void add_sample(struct table *table, const cJSON *trial, const char *metric,
                       double value)
{
    if (!isfinite(value))
        return; /* what was not measured has no line */
    const cJSON *point = json_at(trial, "point");
    table_start_row(table);
    table_add_cell(table, json_string(trial, "id"));
    table_add_cellf(table, "%.0f", json_number(trial, "block"));
    table_add_cellf(table, "%.0f", json_number(trial, "order"));
    table_add_cell(table, json_string(trial, "scenario"));
    table_add_cell(table, json_string(point, "variable"));
    table_add_cell(table, json_string(point, "value"));
    table_add_cell(table, json_string(trial, "model"));
    table_add_cell(table, cJSON_IsTrue(json_at(trial, "valid")) ? "true" : "false");
    table_add_cell(table, metric);
    table_add_cellf(table, "%.9g", value);
}

static void add_trial_samples(struct table *table, const cJSON *trial)
{
    for (size_t m = 0; m < METRIC_COUNT; m++)
        add_sample(table, trial, metrics[m].name, metrics[m].read(trial));
    const cJSON *class;
    cJSON_ArrayForEach(class, json_at(trial, "load/classes"))
    {
        for (size_t m = 0; m < CLASS_METRIC_COUNT && *class->string; m++) {
            char *name =
                memory_printf("class.%s.%s", class->string, class_metrics[m].name);
            add_sample(table, trial, name, class_metrics[m].read(trial, class));
            free(name);
        }
    }
}

static void print_samples(const void *what, FILE *file)
{
    const struct comparison *comparison = what;
    static const char *const headers[] = {"trial",    "block", "order", "scenario",
                                          "variable", "point", "model", "valid",
                                          "metric",   "value"};
    struct table *table = table_create();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        table_add_column(table, headers[i], TABLE_LEFT);
    for (size_t i = 0; i < comparison->trial_count; i++)
        add_trial_samples(table, comparison->trials[i]);
    table_print(table, TABLE_CSV, file);
    table_free(table);
}

/* ---- comparison.csv --------------------------------------------------------------- */

static void add_number(struct table *table, double value)
{
    if (isfinite(value))
        table_add_cellf(table, "%.9g", value);
    else
        table_add_cell(table, NULL);
}

static void add_line(struct table *table, const struct row *row, const char *metric,
                     const struct estimate *estimate)
{
    const struct prediction *prediction = row_prediction(row, metric);
    if (!estimate->count && !prediction)
        return;
    const struct interval *interval = &estimate->interval;
    table_start_row(table);
    table_add_cell(table, row->scenario->name);
    table_add_cell(table, row->scenario->family);
    table_add_cell(table, row->scenario->sweep.variable);
    table_add_cell(table, row->value);
    table_add_cell(table, row->contender->label);
    table_add_cell(table, row_status_names[row->status]);
    table_add_cell(table, metric);
    table_add_cellf(table, "%zu", estimate->count);
    add_number(table, estimate->count ? estimate->median : (double)NAN);
    add_number(table, interval->exists ? interval->low : (double)NAN);
    add_number(table, interval->exists ? interval->high : (double)NAN);
    add_number(table, interval->exists ? interval->confidence : (double)NAN);
    add_number(table, estimate->least);
    add_number(table, estimate->greatest);
    table_add_cell(table, prediction ? relation_names[prediction->relation] : NULL);
    add_number(table, prediction ? prediction->value : (double)NAN);
    table_add_cell(table, row->why);
    table_add_cell(table, model_kind(row->contender->model));
}

/* A row without any figure still has its line, with the reason. */
static void add_empty_line(struct table *table, const struct row *row)
{
    table_start_row(table);
    table_add_cell(table, row->scenario->name);
    table_add_cell(table, row->scenario->family);
    table_add_cell(table, row->scenario->sweep.variable);
    table_add_cell(table, row->value);
    table_add_cell(table, row->contender->label);
    table_add_cell(table, row_status_names[row->status]);
    for (size_t i = 0; i < 10; i++)
        table_add_cell(table, NULL);
    table_add_cell(table, row->why);
    table_add_cell(table, model_kind(row->contender->model));
}

static void print_comparison_csv(const void *what, FILE *file)
{
    const struct comparison *comparison = what;
    static const char *const headers[] = {
        "scenario", "family",   "variable", "point",     "model", "status",
        "metric",   "trials",   "median",   "low",       "high",  "confidence",
        "least",    "greatest", "relation", "predicted", "note",  "kind"};
    struct table *table = table_create();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        table_add_column(table, headers[i], TABLE_LEFT);
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        if (row->used_count == 0) {
            add_empty_line(table, row);
            continue;
        }
        for (size_t m = 0; m < METRIC_COUNT; m++)
            add_line(table, row, metrics[m].name, &row->estimates[m]);
        for (size_t c = 0; c < row->class_count; c++) {
            for (size_t m = 0; m < CLASS_METRIC_COUNT; m++) {
                char *name = memory_printf("class.%s.%s", row->classes[c].name,
                                           class_metrics[m].name);
                add_line(table, row, name, &row->classes[c].estimates[m]);
                free(name);
            }
        }
    }
    table_print(table, TABLE_CSV, file);
    table_free(table);
}

/* ---- comparison.json -------------------------------------------------------------- */

static void add_estimate(cJSON *object, const char *name, const struct estimate *estimate)
{
    if (!estimate->count) {
        cJSON_AddNullToObject(object, name);
        return;
    }
    const struct interval *interval = &estimate->interval;
    cJSON *item = json_add_object(object, name);
    json_add_number(item, "median", estimate->median);
    json_add_number(item, "low", interval->exists ? interval->low : (double)NAN);
    json_add_number(item, "high", interval->exists ? interval->high : (double)NAN);
    json_add_number(item, "confidence",
                    interval->exists ? interval->confidence : (double)NAN);
    json_add_number(item, "least", estimate->least);
    json_add_number(item, "greatest", estimate->greatest);
    json_add_bool(item, "at_least", estimate->at_least);
    json_add_number(item, "trials", (double)estimate->count);
}

/* CPU per request against the first contender of the cell, block by block. */
static void add_cpu_ratio(cJSON *object, const struct row *row)
{
    if (!row->base || row->base == row || !row->cpu_ratio.pairs)
        return;
    const struct ratio *ratio = &row->cpu_ratio;
    cJSON *item = json_add_object(object, "cpu_per_request_ratio");
    json_add_text(item, "to", row->base->contender->label);
    json_add_number(item, "value", ratio->value);
    json_add_number(item, "low", ratio->t.exists ? ratio->t.low : (double)NAN);
    json_add_number(item, "high", ratio->t.exists ? ratio->t.high : (double)NAN);
    json_add_number(item, "pairs", (double)ratio->pairs);
}

static void add_predictions(cJSON *object, const struct row *row)
{
    cJSON *predictions = json_add_object(object, "predictions");
    for (size_t i = 0; i < row->prediction_count; i++) {
        const struct prediction *prediction = &row->predictions[i];
        cJSON *item = json_add_object(predictions, prediction->metric);
        json_add_text(item, "relation", relation_names[prediction->relation]);
        json_add_number(item, "value", prediction->value);
        json_add_text(item, "basis", prediction->basis);
    }
}

static void add_ids(cJSON *object, const char *key, const cJSON *const *trials,
                    size_t count)
{
    cJSON *array = json_add_array(object, key);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(json_string(trials[i], "id")));
}

static cJSON *row_json(const struct row *row)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "scenario", row->scenario->name);
    json_add_text(object, "family", row->scenario->family);
    cJSON *point = json_add_object(object, "point");
    json_add_text(point, "variable", row->scenario->sweep.variable);
    json_add_text(point, "value", row->value);
    json_add_text(object, "model", row->contender->label);
    json_add_text(object, "kind", model_kind(row->contender->model));
    json_add_text(object, "status", row_status_names[row->status]);
    json_add_bool(object, "lower_bound", row->lower_bound);
    json_add_text(object, "why", row->why);
    cJSON *figures = json_add_object(object, "metrics");
    for (size_t m = 0; m < METRIC_COUNT; m++)
        add_estimate(figures, metrics[m].name, &row->estimates[m]);
    cJSON *classes = json_add_object(object, "classes");
    for (size_t c = 0; c < row->class_count; c++) {
        cJSON *class = json_add_object(classes, row->classes[c].name);
        for (size_t m = 0; m < CLASS_METRIC_COUNT; m++)
            add_estimate(class, class_metrics[m].name, &row->classes[c].estimates[m]);
    }
    add_cpu_ratio(object, row);
    add_predictions(object, row);
    add_ids(object, "samples", row->used, row->used_count);
    add_ids(object, "trials", row->trials, row->trial_count);
    return object;
}

static int write_comparison_json(const char *path, const struct comparison *comparison,
                                 const struct overview *summary, struct error *error)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema_version", 1);
    json_add_text(root, "profile", comparison->run.profile);
    json_add_number(root, "repeat", (double)comparison->run.repeat);
    json_add_number(root, "seed", (double)comparison->run.seed);
    if (comparison->calibration.is_known)
        cJSON_AddItemToObject(root, "calibration",
                              work_calibration_to_json(&comparison->calibration));
    cJSON *rows = json_add_array(root, "rows");
    for (size_t i = 0; i < comparison->row_count; i++)
        cJSON_AddItemToArray(rows, row_json(&comparison->rows[i]));
    cJSON_AddItemToObject(root, "summary", overview_to_json(summary));
    char *file = memory_printf("%s/comparison.json", path);
    int result = json_write_file(file, root, error);
    free(file);
    cJSON_Delete(root);
    return result;
}

/* ---- the whole -------------------------------------------------------------------- */

struct report_parts {
    struct comparison comparison;
    struct overview summary;
};

static void print_markdown(const void *what, FILE *file)
{
    const struct report_parts *report = what;
    tables_print(&report->comparison, &report->summary, TABLE_MARKDOWN, file);
}

int report_write(const char *path, FILE *terminal, struct error *error)
{
    struct report_parts report;
    int result = comparison_read(&report.comparison, path, error);
    if (result < 0)
        return result;
    overview_derive(&report.summary, &report.comparison);
    result = write_printed(path, "samples.csv", print_samples, &report.comparison, error);
    if (result == 0)
        result = write_printed(path, "comparison.csv", print_comparison_csv,
                               &report.comparison, error);
    if (result == 0)
        result = write_printed(path, "comparison.md", print_markdown, &report, error);
    if (result == 0)
        result = write_comparison_json(path, &report.comparison, &report.summary, error);
    if (result == 0)
        result = charts_write(path, &report.comparison, error);
    if (result == 0)
        result = results_dir_sum(path, error);
    if (result == 0 && terminal)
        tables_print(&report.comparison, &report.summary, TABLE_TERMINAL, terminal);
    overview_release(&report.summary);
    comparison_release(&report.comparison);
    return result;
}
