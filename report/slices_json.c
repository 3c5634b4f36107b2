/* slices_json.c - see slices_json.h. */
#include "report/slices_json.h"

#include <stdlib.h>

#include "analysis/slice_cells.h"
#include "base/json.h"

#define CONFIDENCE 0.95

static void add_metric(cJSON *object, const struct results *results,
                       const struct slice_cell *cell, enum metric_id metric)
{
    struct slice_ratio ratio = slice_ratio_of(results, cell, metric, CONFIDENCE);
    struct noise_floor noise = slice_noise_of(results, cell, metric);
    const struct interval *interval = &ratio.interval;
    cJSON *item = json_add_object(object, metrics[metric].name);
    json_add_number(item, "ratio", ratio.value);
    json_add_number(item, "low", interval->exists ? interval->low : (double)NAN);
    json_add_number(item, "high", interval->exists ? interval->high : (double)NAN);
    json_add_number(item, "noise_floor", noise.floor);
    json_add_bool(item, "suspect", noise.suspect);
    json_add_bool(item, "valid", !ratio.invalid);
    json_add_number(item, "pairs", (double)ratio.pairs);
    json_add_number(item, "turns", (double)ratio.turns);
    json_add_number(item, "unused", (double)ratio.unused);
    json_add_number(item, "spread", ratio.spread);
    json_add_number(item, "turn_spread", ratio.turn_spread);
}

static cJSON *row_json(const struct results *results, const struct row *row)
{
    struct slice_cell cell = slice_cell_of(results, row);
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "scenario", cell.scenario);
    cJSON *point = json_add_object(object, "point");
    json_add_text(point, "variable", row->scenario->sweep.variable);
    json_add_text(point, "value", cell.value);
    json_add_text(object, "first", cell.first);
    json_add_text(object, "second", cell.second);
    char *unused = slice_cell_unused(results, &cell);
    json_add_text(object, "why", row->why ? row->why : unused);
    free(unused);
    cJSON *figures = json_add_object(object, "metrics");
    for (size_t m = 0; slice_metrics[m] != METRIC_COUNT; m++)
        add_metric(figures, results, &cell, slice_metrics[m]);
    return object;
}

void slices_add_json(cJSON *root, const struct comparison *comparison)
{
    cJSON *ratios = json_add_array(root, "ratios");
    for (size_t i = 0; i < comparison->row_count; i++)
        cJSON_AddItemToArray(ratios, row_json(comparison->results, &comparison->rows[i]));
}
