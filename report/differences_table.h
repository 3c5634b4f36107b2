/* differences_table.h - what differs between two runs, machines or loads, side by side.
 */
#ifndef REPORT_DIFFERENCES_TABLE_H
#define REPORT_DIFFERENCES_TABLE_H

#include <stdio.h>

#include "base/table.h"
#include "record/run_differences.h"

/* `what`, `a` and `b` are the headers. Long values are cut on a terminal. */
void differences_table_print(const struct run_differences *differences, const char *what,
                             const char *a, const char *b, enum table_style style,
                             FILE *file);

#endif
