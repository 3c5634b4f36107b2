/* comparison_csv.h - comparison.csv: a line for each row of the comparison and metric. */
#ifndef REPORT_COMPARISON_CSV_H
#define REPORT_COMPARISON_CSV_H

#include <stdio.h>

#include "analysis/comparison.h"

void comparison_csv_print(const struct comparison *comparison, FILE *file);

#endif
