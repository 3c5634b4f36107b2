/*
 * charts.h - the comparison as gnuplot scripts and their data, in plots/ of a folder of
 * results: for each scenario throughput and CPU per request over the sweep (or as bars
 * where there is one point), and latency by percentile at the last point.
 *
 * A line joins what is exact; bounds and what must not be used have open signs of their
 * own, which the key explains and the title counts. The data has all figures.
 *
 * Each chart is NAME.gp beside NAME.dat; `gnuplot NAME.gp` in that folder draws NAME.svg
 * and NAME.png (scripts/charts draws all).
 */
#ifndef REPORT_CHARTS_H
#define REPORT_CHARTS_H

#include "analysis/comparison.h"
#include "base/error.h"

/* Writes the scripts and data below `path`. 0 or -errno. */
MUST_CHECK int charts_write(const char *path, const struct comparison *comparison,
                            struct error *error);

#endif
