/* overview_table.c - see overview_table.h. */
#include "report/overview_table.h"

#include <stdlib.h>

#include "analysis/ranking.h"
#include "base/text.h"
#include "report/cells.h"
#include "report/lines.h"

static char *tell_ideal_use(bool words)
{
    if (words)
        return memory_printf(
            "Ideal use: of the cells that count those in which the model is the best, or "
            "shown to be as good: its ratio to the best is above %.2f in throughput and "
            "capacity, %.2f in p99 (t test at %.0f %%, Holm). Open: neither that nor "
            "behind.",
            1 - RANKING_DELTA, 1 - RANKING_DELTA_LATENCY, 100 * RANKING_LEVEL);
    return memory_printf(
        "Ideal use: indicative, for words take %d trials: the share of the best "
        "throughput, capacity or p99, the geometric mean over the cells that count.",
        RANKING_LEAST_TRIALS);
}

/* What the words mean, with the thresholds that they go by. */
static void print_rules(const struct overview *overview, enum table_style style,
                        FILE *file)
{
    char *lines[] = {
        memory_copy_string("Concurrency type: most waits in progress at a time; cores "
                           "that computing keeps busy."),
        overview->cpu_basis
            ? memory_printf("CPU usage: server cores at the same load, %s, and how many "
                            "times the least.",
                            overview->cpu_basis)
            : NULL,
        tell_ideal_use(overview->words),
        memory_printf(
            "A cell counts if every model has a valid figure in it, or a bound%s; "
            "a model with more than %.0f %% of errors, or starved connections, "
            "has no part (-).",
            overview->words ? ", and the best one six trials; with fewer another is open"
                            : "",
            100 * RANKING_MAX_ERRORS),
        overview->not_counted ? memory_printf("Not counted: %s.", overview->not_counted)
                              : NULL,
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (lines[i])
            line_print(lines[i], style, file);
        free(lines[i]);
    }
}

void overview_table_print(const struct overview *overview, enum table_style style,
                          FILE *file)
{
    struct table *table = table_create();
    table_add_column(table, "Model", TABLE_LEFT);
    table_add_column(table, "Concurrency type", TABLE_LEFT);
    table_add_column(table, "CPU usage", TABLE_LEFT);
    table_add_column(table, "Ideal use", TABLE_LEFT);
    for (size_t i = 0; i < overview->row_count; i++) {
        const struct overview_row *row = &overview->rows[i];
        table_start_row(table);
        cell_add_title(table, row->contender, "");
        table_add_cell(table, row->type.text);
        table_add_cell(table, row->cpu.text);
        table_add_cell(table, row->use.text);
    }
    fputs(style == TABLE_MARKDOWN ? "\n## Summary\n\n" : "\nSummary\n\n", file);
    table_print(table, style, file);
    table_free(table);
    fputs(style == TABLE_MARKDOWN ? "" : "\n", file);
    print_rules(overview, style, file);
}
