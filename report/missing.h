/* missing.h - why a scenario's table has no p99 in some rows, and what helps. */
#ifndef REPORT_MISSING_H
#define REPORT_MISSING_H

#include <stdio.h>

#include "base/table.h"
#include "report/group.h"

void missing_print(const struct group *group, enum table_style style, FILE *file);

#endif
