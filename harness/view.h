/*
 * view.h - the comparison as a reader sees it: the full table, grouped by scenario,
 * and the summary, for the terminal (100 to 120 columns) or as Markdown.
 */
#ifndef HARNESS_VIEW_H
#define HARNESS_VIEW_H

#include <stdio.h>

#include "base/table.h"
#include "harness/comparison.h"
#include "harness/summary.h"

void view_print(const struct comparison *comparison, const struct summary *summary,
                enum table_style style, FILE *file);

#endif
