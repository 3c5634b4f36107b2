/*
 * concurrency_type.h - the column "Concurrency type" of the overview.
 *
 *   overlap       waits in progress at a time (throughput times the wait of the path) for
 *                 each server thread, at its highest
 *   parallelism   cores used under CPU work on two or more CPUs
 */
#ifndef REPORT_CONCURRENCY_TYPE_H
#define REPORT_CONCURRENCY_TYPE_H

#include "report/overview_cell.h"

void concurrency_type_derive(struct overview_cell *cell,
                             const struct comparison *comparison,
                             const struct contender *contender);

#endif
