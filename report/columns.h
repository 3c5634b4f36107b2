/*
 * columns.h - which columns the table of a scenario has, from the left: those of figures
 * that some row has, where metrics.def says, each with what theory says of it and its
 * ratio to the best row's behind it.
 */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include "base/table.h"
#include "report/group.h"

enum column_kind {
    COLUMN_FIGURE,
    COLUMN_THEORY, /* the prediction for the figure before */
    COLUMN_RATIO,  /* of it to that of the best row of the cell */
};

struct column {
    enum column_kind kind;
    struct figure figure;
};

#define COLUMNS_MAX 64
struct columns {
    struct column items[COLUMNS_MAX];
    size_t count;
};

/* The terminal has fewer than Markdown. */
void columns_choose(struct columns *columns, const struct group *group,
                    enum table_style style);

void column_print_header(const struct column *column, const struct group *group,
                         char *header, size_t bytes);

#endif
