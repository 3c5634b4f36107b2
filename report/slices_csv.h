/* slices_csv.h - slices.csv: every slice; slice_ratios.csv: what follows from them. */
#ifndef REPORT_SLICES_CSV_H
#define REPORT_SLICES_CSV_H

#include <stdio.h>

#include "analysis/comparison.h"

void slices_csv_print(const struct comparison *comparison, FILE *file);
void slice_ratios_csv_print(const struct comparison *comparison, FILE *file);

#endif
