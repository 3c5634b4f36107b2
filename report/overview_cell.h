/*
 * overview_cell.h - a cell of the overview, and the figures that it was derived from.
 */
#ifndef REPORT_OVERVIEW_CELL_H
#define REPORT_OVERVIEW_CELL_H

#include <cjson/cJSON.h>

#include "analysis/comparison.h"
#include "analysis/path_times.h"

/* What a cell was derived from: a figure of a row. */
struct overview_evidence {
    const struct row *row;
    const char *figure; /* its name, or what it says */
    double value;
    enum bound bound;
};

struct overview_cell {
    char *text;
    struct overview_evidence *evidence;
    size_t evidence_count;
};

/* Of a cell for which there is no figure that may be used. */
#define OVERVIEW_NOTHING "no valid figures"

void overview_cell_release(struct overview_cell *cell);
void overview_cell_add_json(cJSON *object, const char *key,
                            const struct overview_cell *cell);

void overview_cell_add_evidence(struct overview_cell *cell, const struct row *row,
                                const char *figure, double value, enum bound bound);

/* The median of a metric of all requests, which goes into the evidence. */
double overview_cell_use(struct overview_cell *cell, const struct row *row,
                         enum metric_id metric);

/* "io-wait, connections 1000", on the heap. */
char *overview_row_name(const struct row *row);

/* The times of the average request of a row's scenario; false: not known. */
bool overview_row_times(const struct comparison *comparison, const struct row *row,
                        struct path_times *mean);

#endif
