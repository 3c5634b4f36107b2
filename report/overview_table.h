/* overview_table.h - the overview as a table, and the rules that its words go by. */
#ifndef REPORT_OVERVIEW_TABLE_H
#define REPORT_OVERVIEW_TABLE_H

#include <stdio.h>

#include "base/table.h"
#include "report/overview.h"

void overview_table_print(const struct overview *overview, enum table_style style,
                          FILE *file);

#endif
