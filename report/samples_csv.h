/* samples_csv.h - samples.csv: a line for each trial and metric, the unit in its name. */
#ifndef REPORT_SAMPLES_CSV_H
#define REPORT_SAMPLES_CSV_H

#include <stdio.h>

#include "analysis/reference.h"

void samples_csv_print(const struct comparison *comparison, FILE *file);

/* Reads the file back. On failure nothing is left to release. 0, -EINVAL or -errno. */
MUST_CHECK int samples_csv_read(struct reference *reference, const char *path,
                                struct error *error);

#endif
