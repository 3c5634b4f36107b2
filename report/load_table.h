/*
 * load_table.h - the loads of a run beside those of the reference that it repeats, and
 * the pilots that they come from.
 */
#ifndef REPORT_LOAD_TABLE_H
#define REPORT_LOAD_TABLE_H

#include <stdio.h>

#include "base/table.h"
#include "record/experiment.h"
#include "record/load_scaling.h"

/* For each scenario of the experiment what its load is here and was there, and by which
 * factor and why; what a pilot that was not run will say is left open. */
void load_table_print(const struct load_scaling *scaling,
                      const struct experiment *experiment, enum table_style style,
                      FILE *file);

/* Of each pilot the CPU time per request here and there. Nothing where none was run. */
void pilot_table_print(const struct load_scaling *scaling, enum table_style style,
                       FILE *file);

#endif
