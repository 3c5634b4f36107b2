/*
 * hgrm.h - latencies as percentile distributions in the text format of the HdrHistogram
 * plotter.
 */
#ifndef LOADGEN_HGRM_H
#define LOADGEN_HGRM_H

#include "base/error.h"
#include "record/load_result.h"

/* Whether hgrm_write could write there, asked before anything is measured. The names are
 * those of the classes. 0 or -errno. */
MUST_CHECK int hgrm_can_write(const char *path, const char *const *names, size_t count,
                              struct error *error);

/*
 * The latency of all classes, in milliseconds, and that of each named class beside it
 * ("latency.hgrm", "latency.light.hgrm"), unless the path is a device or a pipe. 0 or
 * -errno.
 */
MUST_CHECK int hgrm_write(const struct load_result *result, const char *path,
                          struct error *error);

#endif
