/* noise_table.h - what the run cannot see: its noise floor by A/A, and the smallest
 * effect that it finds. */
#ifndef REPORT_NOISE_TABLE_H
#define REPORT_NOISE_TABLE_H

#include "analysis/comparison.h"
#include "base/table.h"

/* Nothing where A/A is no part of the run. */
void noise_table_print(const struct comparison *comparison, enum table_style style,
                       FILE *file);

#endif
