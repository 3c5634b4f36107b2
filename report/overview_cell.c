/* overview_cell.c - see overview_cell.h. */
#include "report/overview_cell.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"

char *overview_row_name(const struct row *row)
{
    if (!row->value)
        return memory_copy_string(row->scenario->name);
    return memory_printf("%s, %s %s", row->scenario->name, row->scenario->sweep.variable,
                         row->value);
}

bool overview_row_times(const struct comparison *comparison, const struct row *row,
                        struct path_times *mean)
{
    struct scenario point;
    scenario_at_point(&point, row->scenario, row->value);
    bool known = true;
    double weights = 0;
    *mean = (struct path_times){0};
    for (size_t i = 0; i < point.workload.request_count; i++) {
        const struct request *request = &point.workload.requests[i];
        double weight = request->rate_rps > 0 ? request->rate_rps : request->weight;
        struct path_times own;
        if (!path_times_read(&own, request->path,
                             manifest_calibration(&comparison->results->manifest)))
            known = false;
        mean->cpu += weight * own.cpu;
        mean->wait += weight * own.wait;
        mean->blocking += weight * own.blocking;
        mean->measured = mean->measured || own.measured;
        weights += weight;
    }
    mean->cpu /= weights;
    mean->wait /= weights;
    mean->blocking /= weights;
    scenario_release(&point);
    return known;
}

void overview_cell_add_evidence(struct overview_cell *cell, const struct row *row,
                                const char *figure, double value, enum bound bound)
{
    struct overview_evidence *evidence =
        record_append(&cell->evidence, &cell->evidence_count, sizeof *evidence);
    *evidence = (struct overview_evidence){row, figure, value, bound};
}

double overview_cell_use(struct overview_cell *cell, const struct row *row,
                         enum metric_id metric)
{
    const struct estimate *estimate = &row->estimates[metric];
    overview_cell_add_evidence(cell, row, metrics[metric].name, estimate->median,
                               estimate->bound);
    return estimate->median;
}

void overview_cell_release(struct overview_cell *cell)
{
    free(cell->text);
    free(cell->evidence);
}

static cJSON *evidence_json(const struct overview_evidence *evidence)
{
    cJSON *item = cJSON_CreateObject();
    char *cell = overview_row_name(evidence->row);
    json_add_text(item, "cell", cell);
    json_add_text(item, "model", evidence->row->contender->label);
    json_add_text(item, "figure", evidence->figure);
    json_add_number(item, "value", evidence->value);
    json_add_text(item, "bound", bound_words[evidence->bound]);
    cJSON *samples = json_add_array(item, "samples");
    for (size_t i = 0; i < evidence->row->used_count; i++)
        cJSON_AddItemToArray(samples, cJSON_CreateString(evidence->row->used[i]->id));
    free(cell);
    return item;
}

void overview_cell_add_json(cJSON *object, const char *key,
                            const struct overview_cell *cell)
{
    cJSON *item = json_add_object(object, key);
    json_add_text(item, "text", cell->text);
    cJSON *evidence = json_add_array(item, "evidence");
    for (size_t i = 0; i < cell->evidence_count; i++)
        cJSON_AddItemToArray(evidence, evidence_json(&cell->evidence[i]));
}
