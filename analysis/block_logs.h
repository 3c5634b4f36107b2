/*
 * block_logs.h - what is held against something else: a figure of one contender, as a
 * logarithm for each block, so that a difference of two of them is that of a ratio.
 *
 *   whole trials   the figure of each trial that a row uses
 *   by turns       a block is a pair of processes, and what is known of a contender is
 * its ratio to the first one of the cell (analysis/slice_ratio.h). To itself that one has
 * the ratio 1 in every pair
 */
#ifndef ANALYSIS_BLOCK_LOGS_H
#define ANALYSIS_BLOCK_LOGS_H

#include "analysis/slice_cells.h"

struct block_source {
    const struct row *row;       /* the contender's */
    const struct results *turns; /* NULL: whole trials */
    struct slice_cell cell;      /* by turns: which pairs of processes */
    bool is_first;               /* ... and which side of them the contender is */
};

/* The noise of a source by turns: its cell's first contender against itself. */
struct block_source block_source_noise(const struct block_source *source);

struct block_logs {
    uint64_t *blocks; /* heap, as are the logarithms */
    double *logs;
    size_t count;
    bool has_zero; /* in some block: it has no logarithm */
};

/* The mean over these sources, at least one, of the blocks in which all have the figure;
 * `class_name` NULL: of all requests. By turns there are no classes. */
struct block_logs block_logs_of(const struct block_source *sources, size_t count,
                                enum metric_id metric, const char *class_name);
void block_logs_release(struct block_logs *logs);

#endif
