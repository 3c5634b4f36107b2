/* samples_csv.h - samples.csv: a line for each trial and metric, the unit in its name. */
#ifndef REPORT_SAMPLES_CSV_H
#define REPORT_SAMPLES_CSV_H

#include <stdio.h>

#include "analysis/comparison.h"

void samples_csv_print(const struct comparison *comparison, FILE *file);

#endif
