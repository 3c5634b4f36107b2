/*
 * results_sums.h - SHA256SUMS of a folder of results: what was measured and what was made
 * of it, in the format of `sha256sum -c`.
 *
 * Not summed are trials that are not complete, and the charts that gnuplot draws of what
 * is summed.
 */
#ifndef RECORD_RESULTS_SUMS_H
#define RECORD_RESULTS_SUMS_H

#include <stddef.h>

#include "base/error.h"

/* Over all files of the run. */
MUST_CHECK int results_sums_write(const char *path, struct error *error);

/*
 * Calls `take` with each file that is not as it was summed, in the order of their names,
 * and what is wrong with it: "changed: its SHA-256 was ..., is ...". Returns how many
 * files are as they were; -errno where the sums cannot be read.
 */
typedef void results_sums_take(void *context, const char *name, const char *what);
MUST_CHECK int results_sums_check(const char *path, results_sums_take *take,
                                  void *context, struct error *error);

#endif
