/*
 * counters.h - the machine's own counters around a trial: what was stolen, throttled,
 * dropped or swapped while it ran.
 *
 * Each counter only grows; a trial records the difference. A counter that this
 * machine does not offer is NaN.
 */
#ifndef HARNESS_COUNTERS_H
#define HARNESS_COUNTERS_H

#include <cjson/cJSON.h>
#include <stdint.h>

enum counter {
    COUNTER_BUSY,             /* CPU seconds of everything that ran */
    COUNTER_STEAL,            /* CPU seconds that the hypervisor gave to others */
    COUNTER_SWITCHES,         /* context switches of the whole machine */
    COUNTER_THROTTLED,        /* seconds that our cgroup was held back */
    COUNTER_PRESSURE_CPU,     /* seconds that some task waited for a CPU (PSI) */
    COUNTER_PRESSURE_MEMORY,  /* ... for memory */
    COUNTER_PRESSURE_IO,      /* ... for the disk */
    COUNTER_SWAPPED,          /* pages swapped in or out */
    COUNTER_LISTEN_OVERFLOWS, /* connections refused for a full backlog */
    COUNTER_LISTEN_DROPS,     /* connections dropped while listening */
    COUNTER_RETRANSMITS,      /* TCP segments sent again */
    COUNTER_COUNT
};

struct counters {
    uint64_t at_ns;
    double values[COUNTER_COUNT];
};

void counters_read(struct counters *counters);

/* What has happened since `before`. */
double counters_delta(const struct counters *before, const struct counters *after,
                      enum counter counter);

/* {"elapsed_s": ..., "steal_s": ..., ...} */
cJSON *counters_delta_json(const struct counters *before, const struct counters *after);

#endif
