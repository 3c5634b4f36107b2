/*
 * hgrm.h - latencies as percentile distributions in the text format of the HdrHistogram
 * plotter.
 */
#ifndef LOADGEN_HGRM_H
#define LOADGEN_HGRM_H

#include "base/error.h"
#include "record/load_result.h"

/*
 * The latency of all classes, in milliseconds, and that of each named class beside it
 * ("latency.hgrm", "latency.light.hgrm"). 0 or -errno.
 */
MUST_CHECK int hgrm_write(const struct load_result *result, const char *path,
                          struct error *error);

#endif
