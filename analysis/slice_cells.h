/*
 * slice_cells.h - which ratio a row of the comparison is, where contenders had the load
 * by turns: that of its contender to the first one of its cell.
 */
#ifndef ANALYSIS_SLICE_CELLS_H
#define ANALYSIS_SLICE_CELLS_H

#include "analysis/comparison.h"
#include "analysis/slice_ratio.h"

struct slice_cell slice_cell_of(const struct results *results, const struct row *row);

#endif
