/*
 * comparison_json.h - comparison.json: the rows of the comparison with everything that is
 * known of them, and the overview; of a run by turns, which has no rows, its ratios.
 */
#ifndef REPORT_COMPARISON_JSON_H
#define REPORT_COMPARISON_JSON_H

#include "report/overview.h"

/* The root of the file. */
cJSON *comparison_to_json(const struct comparison *comparison,
                          const struct overview *overview);

#endif
