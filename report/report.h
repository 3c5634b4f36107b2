/*
 * report.h - everything in a folder of results that comes after its trials, made of
 * them alone: samples.csv, comparison.json, .csv and .md, SHA256SUMS, the terminal; and
 * where the folder has claims.json, verdicts.json and .md.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdio.h>

#include "base/error.h"

/* Recomputes the files; prints the tables to `terminal` unless it is NULL. */
MUST_CHECK int report_write(const char *path, FILE *terminal, struct error *error);

/* Makes what report_write would, but for the sums, in another folder. */
MUST_CHECK int report_write_into(const char *path, const char *into, struct error *error);

#endif
