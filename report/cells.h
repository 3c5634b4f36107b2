/*
 * cells.h - one cell of a scenario's table: a figure with its interval and what it
 * proves, what theory says, a ratio, the name of a contender.
 */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include "report/columns.h"

/* ">=" and "<=" before what is at least or at most so much, "!" behind what proves
 * nothing. */
void cell_add(struct table *table, const struct group *group, const struct row *row,
              const struct column *column, enum table_style style);

/* The name as tables have it, with a mark behind it. */
void cell_add_title(struct table *table, const struct contender *contender,
                    const char *mark);

#endif
