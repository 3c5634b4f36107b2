/* costs_table.h - what the steps of the run's paths cost, each alone on one core. */
#ifndef REPORT_COSTS_TABLE_H
#define REPORT_COSTS_TABLE_H

#include <stdio.h>

#include "base/table.h"
#include "record/work_calibration.h"

/* Nothing for NULL, a run without such steps. */
void costs_table_print(const struct work_calibration *calibration, enum table_style style,
                       FILE *file);

#endif
