/* tables.c - see tables.h. */
#include "report/tables.h"

#include <stdlib.h>

#include "analysis/cautions.h"
#include "base/text.h"
#include "report/basis.h"
#include "report/costs_table.h"
#include "report/lines.h"
#include "report/missing.h"
#include "report/noise_table.h"
#include "report/notes.h"
#include "report/overview_table.h"
#include "report/scenario_table.h"
#include "report/slices_table.h"
#include "workload/load_scale.h"

/* What is right, and yet not all there is to know. */
static void print_cautions(const struct group *group, enum table_style style, FILE *file)
{
    struct words lines = {0};
    cautions_add(group->comparison, group->rows, group->count, &lines);
    for (size_t i = 0; i < lines.count; i++)
        line_print_item("*", lines.items[i], style, file);
    words_release(&lines);
}

static void print_heading(const struct scenario *scenario, enum table_style style,
                          FILE *file)
{
    bool markdown = style == TABLE_MARKDOWN;
    fprintf(file, "\n%s%s: %s\n%s%s\n\n", markdown ? "## " : "", scenario->name,
            scenario->title, markdown ? "\n" : "", scenario->question);
}

/* The points are called as on the machine whose run is repeated. */
static void print_scale(const struct scenario *scenario, enum table_style style,
                        FILE *file)
{
    char *scale = load_scale_text(scenario);
    char *line = scale ? memory_printf("The load is another than the scenario's, as its "
                                       "machine is: %s. Points are called as there.",
                                       scale)
                       : NULL;
    if (line)
        line_print_warning(line, style, file);
    free(line);
    free(scale);
}

static void print_group(const struct group *group, enum table_style style, FILE *file)
{
    print_heading(group->rows->scenario, style, file);
    print_scale(group->rows->scenario, style, file);
    bool any_used = false;
    for (size_t i = 0; i < group->count; i++)
        any_used = any_used || group->rows[i].used_count > 0;
    notes_print_warnings(group, style, file);
    if (any_used)
        scenario_table_print(group, style, file);
    if (any_used && style == TABLE_MARKDOWN)
        fputc('\n', file);
    notes_print(group, style, file);
    missing_print(group, style, file);
    if (any_used)
        print_cautions(group, style, file);
}

/* Of contenders that had the load by turns. */
static void print_slices(const struct comparison *comparison, enum table_style style,
                         FILE *file)
{
    for (size_t i = 0; i < comparison->row_count;) {
        struct group group = group_at(comparison, i);
        print_heading(group.rows->scenario, style, file);
        slices_table_print(&group, style, file);
        i += group.count;
    }
    slices_basis_print(comparison->results, style, file);
}

void tables_print(const struct comparison *comparison, const struct overview *overview,
                  enum table_style style, FILE *file)
{
    if (style == TABLE_MARKDOWN)
        fprintf(file, "# Comparison of concurrency models\n");
    if (comparison->results->experiment.slicing.count) {
        print_slices(comparison, style, file);
        return;
    }
    for (size_t i = 0; i < comparison->row_count;) {
        struct group group = group_at(comparison, i);
        print_group(&group, style, file);
        i += group.count;
    }
    overview_table_print(overview, style, file);
    noise_table_print(comparison, style, file);
    if (style == TABLE_MARKDOWN)
        costs_table_print(comparison->results->manifest.calibration, style, file);
    basis_print(comparison, style, file);
}
