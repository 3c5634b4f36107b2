/* samples_csv.c - see samples_csv.h. */
#include "report/samples_csv.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/table.h"
#include "base/text.h"

static const char *const headers[] = {"trial", "block", "order", "scenario", "variable",
                                      "point", "model", "valid", "metric",   "value"};
#define COLUMNS (sizeof headers / sizeof *headers)

/* ---- writing ---------------------------------------------------------------------- */

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
    struct table *table = table_create();
    for (size_t i = 0; i < COLUMNS; i++)
        table_add_column(table, headers[i], TABLE_LEFT);
    for (size_t i = 0; i < comparison->results->trial_count; i++)
        add_trial_samples(table, &comparison->results->trials[i]);
    table_print(table, TABLE_CSV, file);
    table_free(table);
}

/* ---- reading ---------------------------------------------------------------------- */

/* The whole cell as a number; false: it is none. */
static bool read_number(const char *cell, double *value)
{
    char *end;
    *value = strtod(cell, &end);
    return end != cell && !*end;
}

static char *take_text(char **cell)
{
    char *text = *cell;
    *cell = memory_copy_string("");
    return text;
}

static char *take_text_or_null(char **cell)
{
    return **cell ? take_text(cell) : NULL;
}

/* Takes the texts from the cells, in the order of the headers. */
static bool read_sample(struct reference_sample *sample, char **cells)
{
    double block, order;
    if (!read_number(cells[1], &block) || !read_number(cells[2], &order) ||
        !read_number(cells[9], &sample->value) || !(block >= 0 && order >= 0))
        return false;
    sample->trial = take_text(&cells[0]);
    sample->block = (uint64_t)block;
    sample->order = (uint64_t)order;
    sample->scenario = take_text(&cells[3]);
    sample->variable = take_text_or_null(&cells[4]);
    sample->point = take_text_or_null(&cells[5]);
    sample->model = take_text(&cells[6]);
    sample->valid = strcmp(cells[7], "true") == 0;
    sample->metric = take_text(&cells[8]);
    return true;
}

static bool are_headers(char *const *cells, size_t count)
{
    bool same = count == COLUMNS;
    for (size_t i = 0; same && i < COLUMNS; i++)
        same = strcmp(cells[i], headers[i]) == 0;
    return same;
}

int samples_csv_read(struct reference *reference, const char *path, struct error *error)
{
    char *content, **cells;
    size_t count, line = 0;
    *reference = (struct reference){0};
    int result = file_read(path, &content, NULL, error);
    if (result < 0)
        return result;
    const char *at = content;
    while (result == 0 && (cells = csv_read_line(&at, &count))) {
        struct reference_sample sample = {0};
        bool right = line++ == 0 ? are_headers(cells, count)
                                 : count == COLUMNS && read_sample(&sample, cells);
        if (!right)
            result = error_set(error, -EINVAL, "%s:%zu: this is no line of samples.csv",
                               path, line);
        else if (line > 1) {
            struct reference_sample *kept =
                record_append(&reference->samples, &reference->count, sizeof *kept);
            *kept = sample;
        }
        text_list_free(cells);
    }
    free(content);
    if (result == 0 && line == 0)
        result = error_set(error, -EINVAL, "%s: it is empty", path);
    if (result < 0)
        reference_release(reference);
    return result;
}
