/*
 * run_noise.h - the noise floor of a run, from the contenders that were measured twice in
 * every block: per metric, over all scenarios and points.
 */
#ifndef ANALYSIS_RUN_NOISE_H
#define ANALYSIS_RUN_NOISE_H

#include "analysis/comparison.h"
#include "analysis/noise_floor.h"

#define RUN_NOISE_LEAST_BLOCKS 6 /* as many as an interval of the median needs */
#define RUN_NOISE_LEVEL        0.05

struct run_noise {
    size_t cells;  /* in which a contender was run twice; 0: A/A is no part of this run */
    size_t blocks; /* that have both trials in any of them */
    /*
     * Of each metric. The spread is the root mean square of those of the cells; floor and
     * detectable are what it means for a ratio over so many blocks. The interval is that
     * of the mean over the cells, block by block. Where that is told apart from 1, at
     * RUN_NOISE_LEVEL over all metrics that are told, the instrument is suspect, and no
     * verdict by this metric is given. The figure is the one by which the cell is ranked,
     * where that is of this metric, else that of all requests; bounds and invalid trials
     * have no part. All of it is NAN, and nothing suspect, with fewer than
     * RUN_NOISE_LEAST_BLOCKS.
     */
    struct noise_floor of[METRIC_COUNT];
};

void run_noise_make(struct run_noise *noise, const struct comparison *comparison);

/*
 * What is known of a figure in the cell of a row: the noise floor of the contender that
 * was measured twice there, by the same rule, else that of the run. Whether it is suspect
 * all cells tell together, as one of 20 is by chance. By turns each cell has a first
 * contender that had the load by turns with itself, and that tells both.
 */
struct noise_floor run_noise_in_cell(const struct run_noise *noise,
                                     const struct comparison *comparison,
                                     const struct row *row, struct figure figure);

/* Whether there is something to tell of the metric: it is held against others, and the
 * floor is known. */
bool run_noise_tells(const struct run_noise *noise, enum metric_id metric);

/* "Noise floor (A/A, 6 blocks): req/s 1.4 %, p99 8 %", or what is missing, on the heap;
 * NULL: A/A is no part of this run. */
char *run_noise_note(const struct run_noise *noise);

/* "The instrument is suspect: ...", on the heap; NULL: it is not. */
char *run_noise_suspicion(const struct run_noise *noise);

#endif
