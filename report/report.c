/* report.c - see report.h. */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/claims.h"
#include "analysis/pilot.h"
#include "analysis/run_noise.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "record/results_sums.h"
#include "report/charts.h"
#include "report/comparison_csv.h"
#include "report/comparison_json.h"
#include "report/samples_csv.h"
#include "report/slices_csv.h"
#include "report/tables.h"
#include "report/verdict_table.h"

struct report_parts {
    struct results results;
    struct comparison comparison;
    struct overview overview;
    struct verdicts verdicts; /* none where the folder has no claims */
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

static void print_verdicts(const struct report_parts *report, FILE *file)
{
    verdict_table_print(&report->verdicts, TABLE_MARKDOWN, file);
}

static void print_slices(const struct report_parts *report, FILE *file)
{
    slices_csv_print(&report->comparison, file);
}

static void print_slice_ratios(const struct report_parts *report, FILE *file)
{
    slice_ratios_csv_print(&report->comparison, file);
}

enum of_run {
    OF_BLOCKS = 1 << 0, /* a run of blocks has it */
    OF_SLICES = 1 << 1, /* a run by turns */
    OF_VERDICTS = 1 << 2,
};

static enum of_run kind_of_run(const struct report_parts *report)
{
    return report->results.experiment.slicing.count ? OF_SLICES : OF_BLOCKS;
}

static const struct printed_file {
    const char *name;
    void (*print)(const struct report_parts *report, FILE *file);
    unsigned of; /* enum of_run */
} printed_files[] = {{"samples.csv", print_samples, OF_BLOCKS},
                     {"comparison.csv", print_comparison, OF_BLOCKS},
                     {"slices.csv", print_slices, OF_SLICES},
                     {"slice_ratios.csv", print_slice_ratios, OF_SLICES},
                     {"comparison.md", print_markdown, OF_BLOCKS | OF_SLICES},
                     {"verdicts.md", print_verdicts, OF_VERDICTS}};

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

/* ---- the claims ------------------------------------------------------------------- */

/* Judges those that the run was begun with. */
static int judge(const char *path, struct report_parts *report, struct error *error)
{
    char *file = memory_printf("%s/claims.json", path);
    struct claims claims;
    int result = 0;
    if (access(file, F_OK) == 0)
        result = claims_read(&claims, file, error);
    else
        claims = (struct claims){0};
    free(file);
    if (result < 0)
        return result;
    struct run_noise noise;
    run_noise_make(&noise, &report->comparison);
    claims_judge(&report->verdicts, &claims, &report->comparison, &noise);
    claims_release(&claims);
    return 0;
}

static int write_verdicts(const char *path, const struct report_parts *report,
                          struct error *error)
{
    char *file = memory_printf("%s/verdicts.json", path);
    int result = record_write_file(&verdicts_type, &report->verdicts, file, error);
    free(file);
    return result;
}

/* ---- what loads were made of ------------------------------------------------------ */

/* scaling.json, where the run has one, with all that is made of its figures made again:
 * to be held against it. */
static int write_scaling(const char *path, const char *into,
                         const struct results *results, struct error *error)
{
    char *there = memory_printf("%s/scaling.json", path);
    char *made = memory_printf("%s/scaling.json", into);
    struct load_scaling scaling;
    bool has_any = access(there, F_OK) == 0;
    int result =
        has_any ? record_read_file(&load_scaling_type, &scaling, there, error) : 0;
    if (has_any && result == 0) {
        for (size_t i = 0; i < scaling.count; i++)
            for (size_t s = 0; s < results->experiment.scenario_count; s++) {
                const struct scenario *own = &results->experiment.scenarios[s].scenario;
                if (strcmp(own->name, scaling.loads[i].scenario) == 0)
                    pilot_judge(&scaling.loads[i], own);
            }
        result = record_write_file(&load_scaling_type, &scaling, made, error);
        load_scaling_release(&scaling);
    }
    free(there);
    free(made);
    return result;
}

/* ---- all of it -------------------------------------------------------------------- */

/* Makes the files in the folder `into` of the results at `path`. */
static int write_files(const char *path, const char *into, FILE *terminal,
                       struct error *error)
{
    struct report_parts report = {0};
    int result = results_read(&report.results, path, error);
    if (result < 0)
        return result;
    comparison_make(&report.comparison, &report.results);
    enum of_run kind = kind_of_run(&report);
    if (kind == OF_BLOCKS)
        overview_derive(&report.overview, &report.comparison);
    result = judge(path, &report, error);
    bool has_verdicts = report.verdicts.count > 0;
    unsigned made = (unsigned)kind | (has_verdicts ? OF_VERDICTS : 0);
    for (size_t i = 0; i < sizeof printed_files / sizeof *printed_files && result == 0;
         i++)
        if (printed_files[i].of & made)
            result = write_printed(into, &printed_files[i], &report, error);
    if (result == 0)
        result = write_json(into, &report, error);
    if (result == 0 && kind == OF_BLOCKS)
        result = charts_write(into, &report.comparison, error);
    if (result == 0 && has_verdicts)
        result = write_verdicts(into, &report, error);
    bool is_check = into != path; /* else the run's own record of it stays */
    if (result == 0 && is_check)
        result = write_scaling(path, into, &report.results, error);
    if (result == 0 && terminal) {
        tables_print(&report.comparison, &report.overview, TABLE_TERMINAL, terminal);
        verdict_table_print(&report.verdicts, TABLE_TERMINAL, terminal);
    }
    verdicts_release(&report.verdicts);
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
