/*
 * tables.h - the comparison as a reader sees it: the full table, grouped by scenario,
 * and the summary, for the terminal (100 to 120 columns) or as Markdown.
 */
#ifndef REPORT_TABLES_H
#define REPORT_TABLES_H

#include <stdio.h>

#include "analysis/comparison.h"
#include "base/table.h"
#include "report/overview.h"

void tables_print(const struct comparison *comparison, const struct overview *overview,
                  enum table_style style, FILE *file);

#endif
