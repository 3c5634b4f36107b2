/* slice_cells.c - see slice_cells.h. */
#include "analysis/slice_cells.h"

struct slice_cell slice_cell_of(const struct results *results, const struct row *row)
{
    const struct experiment *run = &results->experiment;
    struct slice_cell cell = {.scenario = row->scenario->name,
                              .value = row->value,
                              .second = row->contender->label};
    for (size_t i = 0; i < run->scenario_count; i++)
        if (row->scenario == &run->scenarios[i].scenario)
            cell.first = run->contenders.items[run->scenarios[i].contenders[0]].label;
    return cell;
}
