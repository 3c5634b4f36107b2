/*
 * contrast_report.h - two sides held against each other, as a reader sees it: what they
 * are, a table for each scenario, a sentence for each figure, what could not be paired,
 * what else differs between them; and the same as JSON.
 */
#ifndef REPORT_CONTRAST_REPORT_H
#define REPORT_CONTRAST_REPORT_H

#include <stdio.h>

#include "analysis/contrast.h"
#include "record/run_differences.h"

struct contrast_report {
    const struct contrast *contrast;
    const char *names[2];  /* of A and B: a folder, a contender, a file */
    const char *abouts[2]; /* "quick, 7 blocks, ..."; "" */
    const char *of;        /* of contenders: the folder of the run; else NULL */
    bool same_machine;     /* else figures stand side by side and are not compared */
    double threshold;      /* NAN: regressions are not asked for */
    const struct run_differences *differences;
};

void contrast_report_print(const struct contrast_report *report, FILE *file);

cJSON *contrast_report_to_json(const struct contrast_report *report);

/* How many figures have this answer, of those that are judged. */
size_t contrast_report_count(const struct contrast_report *report,
                             enum range_answer answer);

#endif
