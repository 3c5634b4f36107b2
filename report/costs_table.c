/* costs_table.c - see costs_table.h. */
#include "report/costs_table.h"

#include "servers/ops/op.h"

void costs_table_print(const struct work_calibration *calibration, enum table_style style,
                       FILE *file)
{
    if (!calibration)
        return;
    struct table *table = table_create();
    table_add_column(table, "Step", TABLE_LEFT);
    table_add_column(table, "Kind", TABLE_LEFT);
    table_add_column(table, "CPU µs", TABLE_RIGHT);
    table_add_column(table, "µs", TABLE_RIGHT);
    table_add_column(table, "In the scenario", TABLE_LEFT);
    for (size_t i = 0; i < calibration->costs.count; i++) {
        const struct step_cost *cost = &calibration->costs.items[i];
        table_start_row(table);
        table_add_cell(table, cost->step);
        table_add_cell(table, cost->kind < 0 ? NULL : op_kind_names[cost->kind]);
        table_add_cellf(table, "%.1f", cost->cpu_us);
        table_add_cellf(table, "%.1f", cost->wall_us);
        table_add_cell(table, work_calibration_written(calibration, cost->step));
    }
    fprintf(file, "\n## What the steps cost\n\nEach alone on CPU %.0f, medians.\n\n",
            calibration->costs.cpu);
    table_print(table, style, file);
    table_free(table);
}
