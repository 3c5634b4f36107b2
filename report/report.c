/* report.c - see report.h. */
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/comparison.h"
#include "base/file.h"
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "record/results_dir.h"
#include "record/run_notes.h"
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

/* Whether the files list this metric of all requests, or of classes. */
static bool is_filed(enum metric_id metric, bool of_class)
{
    enum metric_files files = metrics[metric].files;
    return of_class ? metrics[metric].of_classes && files == FILES_ALL
                    : files != FILES_NONE;
}

/* ---- samples.csv ------------------------------------------------------------------ */

static void add_sample(struct table *table, const struct trial_record *trial,
                       enum metric_id metric, const char *class_name)
{
    double value = metric_read(metric, trial, class_name);
    if (!isfinite(value))
        return; /* what was not measured has no line */
    char *name = metric_file_name(metric, class_name);
    table_start_row(table);
    table_add_cell(table, trial->id);
    table_add_cellf(table, "%" PRIu64, trial->block);
    table_add_cellf(table, "%" PRIu64, trial->order);
    table_add_cell(table, trial->scenario);
    table_add_cell(table, trial->point.variable);
    table_add_cell(table, trial->point.value);
    table_add_cell(table, trial->model);
    table_add_cell(table, trial->valid ? "true" : "false");
    table_add_cell(table, name);
    table_add_cellf(table, "%.9g", value);
    free(name);
}

static void add_trial_samples(struct table *table, const struct trial_record *trial)
{
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        if (is_filed(m, false))
            add_sample(table, trial, m, NULL);
    for (size_t c = 0; trial->load && c < trial->load->class_count; c++)
        for (enum metric_id m = 0; m < METRIC_COUNT && *trial->load->classes[c].name; m++)
            if (is_filed(m, true))
                add_sample(table, trial, m, trial->load->classes[c].name);
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
    for (size_t i = 0; i < comparison->results->trial_count; i++)
        add_trial_samples(table, &comparison->results->trials[i]);
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

static void add_line(struct table *table, const struct row *row, struct figure figure)
{
    const struct estimate *estimate = row_estimate(row, figure);
    const struct prediction *prediction = row_prediction(row, figure);
    if (!estimate->count && !prediction)
        return;
    const struct interval *interval = &estimate->interval;
    char *name = metric_file_name(
        figure.metric, workload_class(&row->scenario->workload, figure.class_index));
    table_start_row(table);
    table_add_cell(table, row->scenario->name);
    table_add_cell(table, row->scenario->family);
    table_add_cell(table, row->scenario->sweep.variable);
    table_add_cell(table, row->value);
    table_add_cell(table, row->contender->label);
    table_add_cell(table, row_status_names[row->status]);
    table_add_cell(table, name);
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
    table_add_cell(table, row->remarks);
    bool at_least =
        estimate->at_least || (figure.metric == METRIC_THROUGHPUT && row->lower_bound);
    table_add_cell(table, at_least ? "true" : "false");
    free(name);
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
    table_add_cell(table, row->remarks);
    table_add_cell(table, NULL);
}

static void print_comparison_csv(const void *what, FILE *file)
{
    const struct comparison *comparison = what;
    static const char *const headers[] = {
        "scenario", "family",    "variable", "point", "model",      "status",  "metric",
        "trials",   "median",    "low",      "high",  "confidence", "least",   "greatest",
        "relation", "predicted", "note",     "kind",  "remarks",    "at_least"};
    struct table *table = table_create();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        table_add_column(table, headers[i], TABLE_LEFT);
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        if (row->used_count == 0) {
            add_empty_line(table, row);
            continue;
        }
        for (int c = ALL_REQUESTS; c < (int)row->class_count; c++)
            for (enum metric_id m = 0; m < METRIC_COUNT; m++)
                if (is_filed(m, c != ALL_REQUESTS))
                    add_line(table, row, (struct figure){m, c});
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

static void add_ratio(cJSON *object, const char *name, const struct row *row,
                      const struct row *best, struct figure figure)
{
    struct ratio ratio = row_ratio(row, best, figure, 0.95);
    if (!ratio.pairs)
        return;
    const struct interval *t = &ratio.t, *wilcoxon = &ratio.wilcoxon;
    cJSON *item = json_add_object(object, name);
    json_add_text(item, "to", best->contender->label);
    json_add_number(item, "value", ratio.value);
    json_add_number(item, "low", t->exists ? t->low : (double)NAN);
    json_add_number(item, "high", t->exists ? t->high : (double)NAN);
    json_add_number(item, "pairs", (double)ratio.pairs);
    json_add_number(item, "hodges_lehmann", ratio.hodges_lehmann);
    json_add_number(item, "wilcoxon_low", wilcoxon->exists ? wilcoxon->low : (double)NAN);
    json_add_number(item, "wilcoxon_high",
                    wilcoxon->exists ? wilcoxon->high : (double)NAN);
    json_add_bool(item, "disagree", ratio.disagree);
}

/* Valid rows against the best one of their cell, block by block. */
static void add_ratios(cJSON *object, const struct comparison *comparison,
                       const struct row *row)
{
    cJSON *ratios = json_add_object(object, "ratios");
    const struct row *best =
        ranking_best(comparison, row, ranking_contest(comparison, row));
    if (!best || best == row || row->status != ROW_MEASURED)
        return;
    for (int c = ALL_REQUESTS; c < (int)row->class_count; c++)
        for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
            if (!metrics[m].has_ratio || (c != ALL_REQUESTS && !metrics[m].of_classes))
                continue;
            char *name = metric_file_name(m, workload_class(&row->scenario->workload, c));
            add_ratio(ratios, name, row, best, (struct figure){m, c});
            free(name);
        }
}

static void add_predictions(cJSON *object, const struct row *row)
{
    cJSON *predictions = json_add_object(object, "predictions");
    for (size_t i = 0; i < row->prediction_count; i++) {
        const struct prediction *prediction = &row->predictions[i];
        char *name = metric_file_name(
            prediction->figure.metric,
            workload_class(&row->scenario->workload, prediction->figure.class_index));
        cJSON *item = json_add_object(predictions, name);
        free(name);
        json_add_text(item, "relation", relation_names[prediction->relation]);
        json_add_number(item, "value", prediction->value);
        json_add_text(item, "basis", prediction->basis);
    }
}

static void add_ids(cJSON *object, const char *key,
                    const struct trial_record *const *trials, size_t count)
{
    cJSON *array = json_add_array(object, key);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(trials[i]->id));
}

static cJSON *row_json(const struct comparison *comparison, const struct row *row)
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
    json_add_text(object, "remarks", row->remarks);
    cJSON *figures = json_add_object(object, "metrics");
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        if (is_filed(m, false))
            add_estimate(figures, metrics[m].name, &row->estimates[m]);
    cJSON *classes = json_add_object(object, "classes");
    for (size_t c = 0; c < row->class_count; c++) {
        cJSON *class = json_add_object(classes, row->classes[c].name);
        for (enum metric_id m = 0; m < METRIC_COUNT; m++)
            if (is_filed(m, true))
                add_estimate(class, metrics[m].name, &row->classes[c].estimates[m]);
    }
    add_ratios(object, comparison, row);
    add_predictions(object, row);
    add_ids(object, "samples", row->used, row->used_count);
    add_ids(object, "trials", row->trials, row->trial_count);
    return object;
}

static int write_comparison_json(const char *path, const struct comparison *comparison,
                                 const struct overview *overview, struct error *error)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema_version", 1);
    json_add_text(root, "profile", comparison->results->experiment.profile);
    json_add_number(root, "repeat", (double)comparison->results->experiment.repeat);
    json_add_number(root, "seed", (double)comparison->results->experiment.seed);
    char *origins = run_note_origins(comparison->results);
    json_add_text(root, "origins", origins);
    free(origins);
    if (comparison->results->manifest.calibration)
        cJSON_AddItemToObject(root, "calibration",
                              work_calibration_to_json(
                                  manifest_calibration(&comparison->results->manifest)));
    cJSON *rows = json_add_array(root, "rows");
    for (size_t i = 0; i < comparison->row_count; i++)
        cJSON_AddItemToArray(rows, row_json(comparison, &comparison->rows[i]));
    cJSON_AddItemToObject(root, "summary", overview_to_json(overview));
    char *file = memory_printf("%s/comparison.json", path);
    int result = json_write_file(file, root, error);
    free(file);
    cJSON_Delete(root);
    return result;
}

/* ---- the whole -------------------------------------------------------------------- */

struct report_parts {
    struct results results;
    struct comparison comparison;
    struct overview overview;
};

static void print_markdown(const void *what, FILE *file)
{
    const struct report_parts *report = what;
    tables_print(&report->comparison, &report->overview, TABLE_MARKDOWN, file);
}

int report_write(const char *path, FILE *terminal, struct error *error)
{
    struct report_parts report;
    int result = results_read(&report.results, path, error);
    if (result < 0)
        return result;
    comparison_make(&report.comparison, &report.results);
    overview_derive(&report.overview, &report.comparison);
    result = write_printed(path, "samples.csv", print_samples, &report.comparison, error);
    if (result == 0)
        result = write_printed(path, "comparison.csv", print_comparison_csv,
                               &report.comparison, error);
    if (result == 0)
        result = write_printed(path, "comparison.md", print_markdown, &report, error);
    if (result == 0)
        result = write_comparison_json(path, &report.comparison, &report.overview, error);
    if (result == 0)
        result = charts_write(path, &report.comparison, error);
    if (result == 0)
        result = results_dir_sum(path, error);
    if (result == 0 && terminal)
        tables_print(&report.comparison, &report.overview, TABLE_TERMINAL, terminal);
    overview_release(&report.overview);
    comparison_release(&report.comparison);
    results_release(&report.results);
    return result;
}
