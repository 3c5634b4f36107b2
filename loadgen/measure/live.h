/*
 * live.h - the line that a terminal shows while a run goes on: rate, p50 and p99 of the
 * last moments, requests in flight, errors, time left. A watcher (watch.h).
 */
#ifndef LOADGEN_LIVE_H
#define LOADGEN_LIVE_H

#include <stdio.h>

#include "loadgen/measure/watch.h"

struct live_line {
    struct watcher watcher;
    FILE *file;
    uint64_t last_ns; /* of the previous look; 0: there was none */
    uint64_t last_ok;
    uint64_t last_counts[HISTOGRAM_COARSE_BUCKETS];
};

/* Draws to `file`, which is a terminal. */
void live_line_init(struct live_line *live, FILE *file);

/* Whether stderr is a terminal that understands control sequences. */
bool live_line_is_possible(void);

#endif
