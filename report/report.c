/* report.c - see report.h. */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "record/results_dir.h"
#include "report/charts.h"
#include "report/comparison_csv.h"
#include "report/comparison_json.h"
#include "report/samples_csv.h"
#include "report/slices_csv.h"
#include "report/tables.h"

struct report_parts {
    struct results results;
    struct comparison comparison;
    struct overview overview;
};

static void print_samples(const struct report_parts *report, FILE *file)
{
    samples_csv_print(&report->comparison, file);
}

static void print_comparison(const struct report_parts *report, FILE *file)
{
    comparison_csv_print(&report->comparison, file);
}

static void print_markdown(const struct report_parts *report, FILE *file)
{
    tables_print(&report->comparison, &report->overview, TABLE_MARKDOWN, file);
}

static void print_slices(const struct report_parts *report, FILE *file)
{
    slices_csv_print(&report->comparison, file);
}

static void print_slice_ratios(const struct report_parts *report, FILE *file)
{
    slice_ratios_csv_print(&report->comparison, file);
}

/* Runs by turns have files of their own. */
static const struct printed_file {
    const char *name;
    void (*print)(const struct report_parts *report, FILE *file);
} printed_files[] = {{"samples.csv", print_samples},
                     {"comparison.csv", print_comparison},
                     {"comparison.md", print_markdown},
                     {NULL, NULL}},
  printed_of_slices[] = {{"slices.csv", print_slices},
                         {"slice_ratios.csv", print_slice_ratios},
                         {"comparison.md", print_markdown},
                         {NULL, NULL}};

/* Prints into memory and writes that as a file. */
static int write_printed(const char *path, const struct printed_file *printed,
                         const struct report_parts *report, struct error *error)
{
    char *content = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&content, &length);
    if (!memory)
        return error_set(error, -ENOMEM, "%s/%s: cannot be made", path, printed->name);
    printed->print(report, memory);
    fclose(memory);
    char *file = memory_printf("%s/%s", path, printed->name);
    int result = file_write_atomic(file, content, length, error);
    free(file);
    free(content);
    return result;
}

static int write_json(const char *path, const struct report_parts *report,
                      struct error *error)
{
    char *file = memory_printf("%s/comparison.json", path);
    cJSON *root = comparison_to_json(&report->comparison, &report->overview);
    int result = json_write_file(file, root, error);
    cJSON_Delete(root);
    free(file);
    return result;
}

int report_write(const char *path, FILE *terminal, struct error *error)
{
    struct report_parts report;
    int result = results_read(&report.results, path, error);
    if (result < 0)
        return result;
    comparison_make(&report.comparison, &report.results);
    overview_derive(&report.overview, &report.comparison);
    bool by_turns = report.results.experiment.slicing.count > 0;
    const struct printed_file *files = by_turns ? printed_of_slices : printed_files;
    for (size_t i = 0; files[i].name && result == 0; i++)
        result = write_printed(path, &files[i], &report, error);
    if (result == 0 && !by_turns)
        result = write_json(path, &report, error);
    if (result == 0 && !by_turns)
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
