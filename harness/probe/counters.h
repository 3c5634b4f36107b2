/*
 * counters.h - readings of the machine's own counters, which only grow: a trial records
 * the difference of two.
 */
#ifndef HARNESS_COUNTERS_H
#define HARNESS_COUNTERS_H

#include <stdint.h>

#include "record/machine_counters.h"

struct counter_reading {
    uint64_t at_ns;
    struct machine_counters counters; /* since the machine was started */
};

void counters_read(struct counter_reading *reading);

/* What has happened between the two. */
struct machine_counters counters_between(const struct counter_reading *before,
                                         const struct counter_reading *after);

#endif
