/*
 * cpu_usage.h - the column "CPU usage" of the overview: cores used in the cell without
 * CPU steps that has the highest load which at least two models, and half of all, carry
 * (95 % of the best throughput), beside the most frugal of those; the others say how much
 * they carry. Valid rows alone: of a bound nobody knows which load it is for.
 */
#ifndef REPORT_CPU_USAGE_H
#define REPORT_CPU_USAGE_H

#include "report/overview_cell.h"

/* The first row of that cell, or NULL where there is none. */
const struct row *cpu_usage_basis(const struct comparison *comparison);

void cpu_usage_derive(struct overview_cell *cell, const struct comparison *comparison,
                      const struct row *basis, const struct contender *contender);

#endif
