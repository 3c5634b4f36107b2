/*
 * basis.h - what stands below all tables: how sure the figures are, what headers,
 * signs and flags mean, which servers of others took part, how the run was made.
 */
#ifndef REPORT_BASIS_H
#define REPORT_BASIS_H

#include <stdio.h>

#include "analysis/comparison.h"
#include "base/table.h"

void basis_print(const struct comparison *comparison, enum table_style style, FILE *file);

#endif
