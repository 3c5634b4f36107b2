/*
 * watch.h - looking at a run while it goes on: counters that each engine keeps beside
 * its books, and somebody who is shown their sum a few times a second.
 *
 * A live is written by its engine alone and read by the coordinating thread: relaxed
 * loads and stores, no locked instructions, and no live at all where nobody looks. It
 * lags behind the books by nothing, but its members are not of one instant.
 */
#ifndef LOADGEN_WATCH_H
#define LOADGEN_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"

struct live_counters {
    uint64_t limit_ns; /* fixed: latencies above it are `over` */
    _Atomic uint64_t errors;
    _Atomic uint64_t in_flight;
    _Atomic uint64_t judged; /* requests that belong to the window and have ended */
    _Atomic uint64_t over;   /* those that failed or took longer than the limit */
    _Atomic uint64_t counts[HISTOGRAM_COARSE_BUCKETS]; /* of good replies */
};

/* Adds to a counter that only this thread writes. */
static inline void live_counter_add(_Atomic uint64_t *counter, uint64_t more)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + more, memory_order_relaxed);
}

/* The sum of all tallies. */
struct live_view {
    uint64_t now_ns;
    uint64_t start_ns, begin_ns, end_ns; /* of warm-up and window, as they are now */
    uint64_t ok, errors, in_flight, judged, over;
    uint64_t counts[HISTOGRAM_COARSE_BUCKETS];
};

void live_view_add(struct live_view *view, const struct live_counters *live);

/* Quantile of counts[], upper end of its bucket; 0 where they are all 0. */
uint64_t counts_quantile(const uint64_t counts[HISTOGRAM_COARSE_BUCKETS],
                         double fraction);

struct watcher {
    uint64_t period_ns;
    uint64_t limit_ns; /* for live.over; UINT64_MAX: none */
    /* Called by the coordinating thread; true ends the window now. */
    bool (*show)(void *context, const struct live_view *view);
    void (*leave)(void *context); /* after the last look; may be NULL */
    void *context;
};

#endif
