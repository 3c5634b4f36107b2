/*
 * verdict_table.h - the claims with their verdicts: what is said, the answer, the ratio
 * that decides it with its interval, and the blocks; what has no answer says why. The
 * trials behind it are in verdicts.json.
 */
#ifndef REPORT_VERDICT_TABLE_H
#define REPORT_VERDICT_TABLE_H

#include <stdio.h>

#include "base/table.h"
#include "record/verdicts.h"

/* Nothing where there are no verdicts. */
void verdict_table_print(const struct verdicts *verdicts, enum table_style style,
                         FILE *file);

#endif
