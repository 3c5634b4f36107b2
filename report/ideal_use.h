/*
 * ideal_use.h - the column "Ideal use" of the overview: for each family the cells in
 * which the model is the best or shown to be as good, of those that count
 * (analysis/ranking.h); with too few trials for such words its share of the best figure,
 * as a geometric mean over those cells. Words take the noise of the run; NULL: no words.
 */
#ifndef REPORT_IDEAL_USE_H
#define REPORT_IDEAL_USE_H

#include "analysis/run_noise.h"
#include "report/overview_cell.h"

void ideal_use_derive(struct overview_cell *cell, const struct comparison *comparison,
                      const struct contender *contender, const struct run_noise *noise);

/* "cpu (prefork: contention)": cells that do not count, each with its first gap or
 * because the run's A/A forbids words about the figure that decides it, on the heap;
 * NULL: all count. */
char *ideal_use_not_counted(const struct comparison *comparison,
                            const struct run_noise *noise);

#endif
