/* comparison_json.c - see comparison_json.h. */
#include "report/comparison_json.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/ranking.h"
#include "analysis/run_noise.h"
#include "base/build.h"
#include "base/json.h"
#include "base/text.h"
#include "record/run_notes.h"
#include "report/slices_json.h"

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
    json_add_text(item, "bound", bound_words[estimate->bound]);
    json_add_number(item, "trials", (double)estimate->count);
}

/* The row to the best one of its cell, block by block, where the figures prove something
 * of it. */
static void add_ratio(cJSON *object, const char *name,
                      const struct comparison *comparison, const struct row *row,
                      struct figure figure)
{
    struct best_ratio to_best = ranking_ratio(comparison, row, figure);
    if (!to_best.best || to_best.best == row)
        return;
    const struct ratio *ratio = &to_best.ratio;
    const struct interval *t = &ratio->t, *wilcoxon = &ratio->wilcoxon;
    cJSON *item = json_add_object(object, name);
    json_add_text(item, "to", to_best.best->contender->label);
    json_add_text(item, "bound", bound_words[to_best.bound]);
    json_add_number(item, "value", ratio->value);
    json_add_number(item, "low", t->exists ? t->low : (double)NAN);
    json_add_number(item, "high", t->exists ? t->high : (double)NAN);
    json_add_number(item, "pairs", (double)ratio->pairs);
    json_add_number(item, "hodges_lehmann", ratio->hodges_lehmann);
    json_add_number(item, "wilcoxon_low", wilcoxon->exists ? wilcoxon->low : (double)NAN);
    json_add_number(item, "wilcoxon_high",
                    wilcoxon->exists ? wilcoxon->high : (double)NAN);
    json_add_bool(item, "disagree", ratio->disagree);
}

static void add_ratios(cJSON *object, const struct comparison *comparison,
                       const struct row *row)
{
    cJSON *ratios = json_add_object(object, "ratios");
    for (int c = ALL_REQUESTS; c < (int)row->class_count; c++)
        for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
            if (!metrics[m].has_ratio || (c != ALL_REQUESTS && !metrics[m].of_classes))
                continue;
            char *name = metric_file_name(m, workload_class(&row->scenario->workload, c));
            add_ratio(ratios, name, comparison, row, (struct figure){m, c});
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
        if (metric_is_filed(m, false))
            add_estimate(figures, metrics[m].name, &row->estimates[m]);
    cJSON *classes = json_add_object(object, "classes");
    for (size_t c = 0; c < row->class_count; c++) {
        cJSON *class = json_add_object(classes, row->classes[c].name);
        for (enum metric_id m = 0; m < METRIC_COUNT; m++)
            if (metric_is_filed(m, true))
                add_estimate(class, metrics[m].name, &row->classes[c].estimates[m]);
    }
    add_ratios(object, comparison, row);
    add_predictions(object, row);
    add_ids(object, "samples", row->used, row->used_count);
    add_ids(object, "trials", row->trials, row->trial_count);
    return object;
}

static void add_noise(cJSON *object, const struct comparison *comparison)
{
    struct run_noise noise;
    run_noise_make(&noise, comparison);
    if (!noise.cells) {
        cJSON_AddNullToObject(object, "noise");
        return;
    }
    cJSON *item = json_add_object(object, "noise");
    json_add_number(item, "blocks", (double)noise.blocks);
    json_add_number(item, "cells", (double)noise.cells);
    cJSON *of = json_add_object(item, "metrics");
    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        const struct noise_floor *floor = &noise.of[m];
        if (!metric_is_filed(m, false) || isnan(floor->floor))
            continue;
        cJSON *metric = json_add_object(of, metrics[m].name);
        json_add_number(metric, "pairs", (double)floor->pairs);
        json_add_number(metric, "spread", floor->spread);
        json_add_number(metric, "floor", floor->floor);
        json_add_number(metric, "detectable", floor->detectable);
        json_add_number(metric, "low", floor->interval.low);
        json_add_number(metric, "high", floor->interval.high);
        json_add_bool(metric, "suspect", floor->suspect);
    }
}

/* Which run it is, and how it went. */
static void add_run(cJSON *root, const struct comparison *comparison)
{
    cJSON_AddNumberToObject(root, "schema_version", 2);
    char *made_by = memory_printf("interleave %s %s", build.version, build.commit);
    json_add_text(root, "made_by", made_by);
    free(made_by);
    json_add_text(root, "profile", comparison->results->experiment.profile);
    json_add_number(root, "repeat", (double)comparison->results->experiment.repeat);
    json_add_number(root, "seed", (double)comparison->results->experiment.seed);
    char *repeated = run_note_repeated(comparison->results);
    json_add_text(root, "repeated", repeated);
    free(repeated);
    char *end = run_note_end(&comparison->results->manifest);
    json_add_text(root, "ended", end);
    free(end);
    cJSON *left_out = json_add_array(root, "left_out");
    char *const *name = comparison->results->manifest.left_out;
    for (; name && *name; name++)
        cJSON_AddItemToArray(left_out, cJSON_CreateString(*name));
    char *origins = run_note_origins(comparison->results);
    json_add_text(root, "origins", origins);
    free(origins);
    if (comparison->results->manifest.calibration)
        cJSON_AddItemToObject(root, "calibration",
                              work_calibration_to_json(
                                  manifest_calibration(&comparison->results->manifest)));
}

cJSON *comparison_to_json(const struct comparison *comparison,
                          const struct overview *overview)
{
    cJSON *root = cJSON_CreateObject();
    add_run(root, comparison);
    if (comparison->results->experiment.slicing.count) {
        slices_add_json(root, comparison);
        return root;
    }
    add_noise(root, comparison);
    cJSON *rows = json_add_array(root, "rows");
    for (size_t i = 0; i < comparison->row_count; i++)
        cJSON_AddItemToArray(rows, row_json(comparison, &comparison->rows[i]));
    cJSON_AddItemToObject(root, "summary", overview_to_json(overview));
    json_add_text(root, "cpu_usage_cell", overview->cpu_basis);
    json_add_text(root, "cells_not_counted", overview->not_counted);
    return root;
}
