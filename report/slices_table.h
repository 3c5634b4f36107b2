/*
 * slices_table.h - the ratios of contenders that had the load by turns, one table for
 * each scenario: every contender against the first one of its cell, that one against
 * itself, and the noise floor.
 */
#ifndef REPORT_SLICES_TABLE_H
#define REPORT_SLICES_TABLE_H

#include <stdio.h>

#include "base/table.h"
#include "report/group.h"

void slices_table_print(const struct group *group, enum table_style style, FILE *file);

/* Below all tables: how the ratios came about, and what they do not tell. */
void slices_basis_print(const struct results *results, enum table_style style,
                        FILE *file);

#endif
