/*
 * scenario_table.h - the table of a scenario: a row per point and contender, a column per
 * figure. On a terminal the columns that do not fit are left out, from the right.
 */
#ifndef REPORT_SCENARIO_TABLE_H
#define REPORT_SCENARIO_TABLE_H

#include <stdio.h>

#include "base/table.h"
#include "report/group.h"

void scenario_table_print(const struct group *group, enum table_style style, FILE *file);

#endif
