/*
 * reproduction_page.h - what a run has found again of another one: each claim, each ratio
 * of contenders, the loads of both, and what differs between the machines.
 */
#ifndef REPORT_REPRODUCTION_PAGE_H
#define REPORT_REPRODUCTION_PAGE_H

#include <stdio.h>

#include "analysis/reproduction.h"
#include "base/table.h"
#include "record/experiment.h"
#include "record/load_scaling.h"
#include "record/run_differences.h"
#include "record/verdicts.h"

struct reproduction_page {
    const char *here, *there; /* the folders */
    const struct reproduction *ratios;
    const struct verdicts *verdicts_here, *verdicts_there; /* NULL: there are none */
    const struct run_differences *differences; /* of the machines; NULL: not known */
    bool same_machine;
    const struct experiment *experiment; /* here */
    const struct load_scaling *scaling;  /* NULL: its loads are the scenarios' own */
};

void reproduction_page_print(const struct reproduction_page *page, enum table_style style,
                             FILE *file);

/* Claims and ratios of which this is found. */
size_t reproduction_page_count(const struct reproduction_page *page,
                               enum reproduction_word word);

#endif
