/*
 * live.h - the status line on a terminal while a run goes on: rate, p50 and p99 since the
 * line was last drawn, requests in flight, errors, time left. It is a watcher (watch.h).
 */
#ifndef LOADGEN_LIVE_H
#define LOADGEN_LIVE_H

#include <stdio.h>

#include "loadgen/measure/watch.h"

struct live_line {
    struct watcher watcher;
    FILE *file;
    uint64_t last_ns; /* when it was last drawn; 0: never */
    uint64_t last_ok;
    uint64_t last_counts[HISTOGRAM_COARSE_BUCKETS];
};

/* Draws to `file`, which is a terminal. */
void live_line_init(struct live_line *live, FILE *file);

/* Whether stderr is a terminal that understands control sequences. */
bool live_line_is_possible(void);

#endif
