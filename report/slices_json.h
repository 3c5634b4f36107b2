/*
 * slices_json.h - the ratios of a run by turns as they stand in comparison.json: each
 * contender of a cell to its first one, that one to itself, with the noise floor.
 */
#ifndef REPORT_SLICES_JSON_H
#define REPORT_SLICES_JSON_H

#include <cjson/cJSON.h>

#include "analysis/comparison.h"

/* Adds the array "ratios". */
void slices_add_json(cJSON *root, const struct comparison *comparison);

#endif
