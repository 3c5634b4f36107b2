/*
 * overview.h - the table that people know: Model, Concurrency type, CPU usage, Ideal
 * use. Each cell is derived from the rows of the comparison by the rules of its column,
 * which has a file of its own, and says which rows those were.
 */
#ifndef REPORT_OVERVIEW_H
#define REPORT_OVERVIEW_H

#include "report/overview_cell.h"

struct overview_row {
    const struct contender *contender;
    struct overview_cell type, cpu, use;
};

struct overview {
    struct overview_row *rows; /* one per contender, in the order of the run */
    size_t row_count;
    char *cpu_basis;   /* the cell of the column CPU usage, or NULL */
    char *not_counted; /* cells that do not count for the ideal use, and why; or NULL */
    bool words;        /* there are enough trials for standings */
};

void overview_derive(struct overview *overview, const struct comparison *comparison);
void overview_release(struct overview *overview);

cJSON *overview_to_json(const struct overview *overview);

#endif
