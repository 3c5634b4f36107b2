/*
 * loop_health.h - how an event loop fares: how much of its time it has nothing to do,
 * and how late it comes to what is due. The same two figures as Node.js has in
 * perf_hooks: event-loop utilisation, and the delay of a timer that goes off every
 * LOOP_TICK_NS.
 *
 * A timer that is late is set anew from when it went off, so a loop that stands still
 * for a second makes one sample of a second, not two hundred.
 *
 * Lies in memory that all processes of a server share; written by its loop alone, read
 * by anyone once it is closed.
 */
#ifndef SERVERS_LOOP_HEALTH_H
#define SERVERS_LOOP_HEALTH_H

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/histogram.h"

#define LOOP_TICK_NS (5 * NS_PER_MS)

/* What a mark from outside has said of the time that counts. */
enum loop_window {
    LOOP_WHOLE_LIFE, /* no mark yet: everything counts until there is one */
    LOOP_IN_WINDOW,
    LOOP_AFTER_WINDOW,
};

/* Zeroed memory is one that no loop uses yet. */
struct loop_health {
    atomic_bool closed;      /* the members below will not change any more */
    enum loop_window window; /* at the last tick */
    uint64_t begin_ns, begin_idle_ns;
    uint64_t end_ns, end_idle_ns;
    uint64_t lag_sum_ns, lag_max_ns;
    uint64_t lags; /* samples */
    uint32_t lag_counts[HISTOGRAM_COARSE_BUCKETS];
};

/* The loop has begun, having been idle for `idle_ns` in its life so far. */
void loop_health_begin(struct loop_health *health, uint64_t now_ns, uint64_t idle_ns);

/* A tick has come, `lag_ns` late. */
void loop_health_tick(struct loop_health *health, enum loop_window window,
                      uint64_t lag_ns, uint64_t now_ns, uint64_t idle_ns);

/* The loop is over. */
void loop_health_close(struct loop_health *health);

/*
 * Adds "loop" to the object, over all that are closed: their number, the mean of their
 * utilisations, the lags of all together. Nothing where none is.
 */
void loop_health_report(const struct loop_health *healths, size_t count, cJSON *object);

#endif
