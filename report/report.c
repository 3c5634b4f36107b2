/* report.c - see report.h. */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "record/results_sums.h"
#include "report/charts.h"
#include "report/comparison_csv.h"
#include "report/comparison_json.h"
#include "report/samples_csv.h"
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

static const struct printed_file {
    const char *name;
    void (*print)(const struct report_parts *report, FILE *file);
} printed_files[] = {{"samples.csv", print_samples},
                     {"comparison.csv", print_comparison},
                     {"comparison.md", print_markdown}};

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

/* Makes the files in the folder `into` of the results at `path`. */
static int write_files(const char *path, const char *into, FILE *terminal,
                       struct error *error)
{
    struct report_parts report;
    int result = results_read(&report.results, path, error);
    if (result < 0)
        return result;
    comparison_make(&report.comparison, &report.results);
    overview_derive(&report.overview, &report.comparison);
    for (size_t i = 0; i < sizeof printed_files / sizeof *printed_files && result == 0;
         i++)
        result = write_printed(into, &printed_files[i], &report, error);
    if (result == 0)
        result = write_json(into, &report, error);
    if (result == 0)
        result = charts_write(into, &report.comparison, error);
    if (result == 0 && terminal)
        tables_print(&report.comparison, &report.overview, TABLE_TERMINAL, terminal);
    overview_release(&report.overview);
    comparison_release(&report.comparison);
    results_release(&report.results);
    return result;
}

int report_write(const char *path, FILE *terminal, struct error *error)
{
    int result = write_files(path, path, terminal, error);
    return result < 0 ? result : results_sums_write(path, error);
}

int report_write_into(const char *path, const char *into, struct error *error)
{
    return write_files(path, into, NULL, error);
}
