/* overview.c - see overview.h. */
#include "report/overview.h"

#include <stdlib.h>

#include "analysis/ranking.h"
#include "base/json.h"
#include "base/text.h"
#include "report/concurrency_type.h"
#include "report/cpu_usage.h"
#include "report/ideal_use.h"

void overview_derive(struct overview *overview, const struct comparison *comparison)
{
    const struct contenders *contenders = &comparison->results->experiment.contenders;
    const struct row *basis = cpu_usage_basis(comparison);
    overview->cpu_basis = basis ? overview_row_name(basis) : NULL;
    overview->words = comparison->results->experiment.repeat >= RANKING_LEAST_TRIALS;
    struct run_noise noise;
    run_noise_make(&noise, comparison);
    const struct run_noise *of_words = overview->words ? &noise : NULL;
    overview->not_counted = ideal_use_not_counted(comparison, of_words);
    overview->row_count = 0;
    overview->rows =
        memory_allocate_zeroed(contenders->count + 1, sizeof *overview->rows);
    for (size_t i = 0; i < contenders->count; i++) {
        if (contenders->items[i].again)
            continue;
        struct overview_row *row = &overview->rows[overview->row_count++];
        row->contender = &contenders->items[i];
        concurrency_type_derive(&row->type, comparison, row->contender);
        cpu_usage_derive(&row->cpu, comparison, basis, row->contender);
        ideal_use_derive(&row->use, comparison, row->contender, of_words);
    }
}

void overview_release(struct overview *overview)
{
    for (size_t i = 0; i < overview->row_count; i++) {
        overview_cell_release(&overview->rows[i].type);
        overview_cell_release(&overview->rows[i].cpu);
        overview_cell_release(&overview->rows[i].use);
    }
    free(overview->rows);
    free(overview->cpu_basis);
    free(overview->not_counted);
    *overview = (struct overview){0};
}

cJSON *overview_to_json(const struct overview *overview)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < overview->row_count; i++) {
        const struct overview_row *row = &overview->rows[i];
        cJSON *item = cJSON_CreateObject();
        json_add_text(item, "model", row->contender->label);
        overview_cell_add_json(item, "concurrency_type", &row->type);
        overview_cell_add_json(item, "cpu_usage", &row->cpu);
        overview_cell_add_json(item, "ideal_use", &row->use);
        cJSON_AddItemToArray(array, item);
    }
    return array;
}
