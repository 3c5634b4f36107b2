/* samples_csv.c - see samples_csv.h. */
#include "report/samples_csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/table.h"

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
        if (metric_is_filed(m, false))
            add_sample(table, trial, m, NULL);
    for (size_t c = 0; trial->load && c < trial->load->class_count; c++)
        for (enum metric_id m = 0; m < METRIC_COUNT && *trial->load->classes[c].name; m++)
            if (metric_is_filed(m, true))
                add_sample(table, trial, m, trial->load->classes[c].name);
}

void samples_csv_print(const struct comparison *comparison, FILE *file)
{
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
