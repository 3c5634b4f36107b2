/*
 * overview.h - the table that people know: Model, Concurrency type, CPU usage, Ideal
 * use. Each cell is derived from the rows of the comparison by the rules below, and
 * says which rows those were.
 *
 *   Concurrency type   overlap: waits in progress at a time (throughput times the wait
 *                      of the path) for each server thread, at its highest;
 *                      parallelism: cores used under CPU work on two or more CPUs.
 *   CPU usage          cores used in the cell without CPU steps that has the highest
 *                      load which at least two models, and half of all, carry (95 % of
 *                      the best throughput), beside the most frugal of those; the others
 *                      say how much they carry.
 *   Ideal use          for each family the cells in which the model is the best or shown
 *                      to be as good, of those that count (analysis/ranking.h); with too
 *                      few trials for such words its share of the best figure, as a
 *                      geometric mean over those cells.
 */
#ifndef REPORT_OVERVIEW_H
#define REPORT_OVERVIEW_H

#include <cjson/cJSON.h>

#include "analysis/ranking.h"

/* What a cell was derived from: a figure of a row. */
struct overview_evidence {
    const struct row *row;
    const char *figure; /* its name, or what it says */
    double value;
};

struct overview_cell {
    char *text;
    struct overview_evidence *evidence;
    size_t evidence_count;
};

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
