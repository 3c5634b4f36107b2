/*
 * loop_health.h - an event loop's utilisation (the share of its time in which it has
 * something to do) and lag (how late it comes to what is due). The same two figures as
 * Node.js has in perf_hooks: event-loop utilisation, and the delay of a timer that goes
 * off every LOOP_TICK_NS.
 *
 * A timer that is late is set anew from when it went off, so a loop that stands still
 * for a second makes one sample of a second, not two hundred.
 *
 * A struct loop_health lies in memory that all processes of a server share; its loop
 * alone writes it, and anyone reads it once it is closed.
 */
#ifndef SERVERS_LOOP_HEALTH_H
#define SERVERS_LOOP_HEALTH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/histogram.h"

#define LOOP_TICK_NS (5 * NS_PER_MS)

/* Where the loop stands to the measured window, which is marked from outside. */
enum loop_window {
    LOOP_WHOLE_LIFE, /* not marked yet: everything counts until it is */
    LOOP_IN_WINDOW,
    LOOP_AFTER_WINDOW,
};

/* Zeroed memory belongs to no loop yet. */
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

/* Over all loops that are closed. NaN: too few samples to tell. */
struct loop_summary {
    size_t loops;       /* 0: there is nothing to tell */
    double utilisation; /* mean of theirs */
    struct loop_lag {
        uint64_t count;
        double mean_ns, p50_ns, p90_ns, p99_ns, max_ns;
    } lag; /* of all loops' samples together */
};
struct loop_summary loop_health_summarise(const struct loop_health *healths,
                                          size_t count);

#endif
