/*
 * distribution.h - a histogram as JSON, and back.
 *
 * {count, mean, stddev, min, p50, p75, p90, p95, p99, p999, p9999, max}, in nanoseconds;
 * a percentile that too few samples show is null. In full there is also "buckets":
 * [[least value of the bucket, number of values in it], ...], all that are not empty, by
 * which distributions of several generators are added up without loss.
 */
#ifndef LOADGEN_DISTRIBUTION_H
#define LOADGEN_DISTRIBUTION_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/histogram.h"

void distribution_add(cJSON *object, const char *key, const struct histogram *histogram,
                      bool full);

/*
 * Adds the distribution to the histogram. 0, or -EINVAL where it is not in full or not
 * a distribution; the histogram may then hold a part of it.
 */
MUST_CHECK int distribution_read(struct histogram *histogram, const cJSON *json,
                                 struct error *error);

#endif
