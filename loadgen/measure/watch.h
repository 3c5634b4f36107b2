/*
 * watch.h - live counters: each engine keeps some beside its recorder while a run goes
 * on, and a watcher gets their sum a few times a second.
 *
 * Single-writer counters: only the engine writes them, the coordinating thread reads
 * them, with relaxed atomic loads and stores and no locked instructions. Each is up to
 * date, but a reader may see them at slightly different instants. Where a plan has no
 * watcher no counters are kept.
 */
#ifndef LOADGEN_WATCH_H
#define LOADGEN_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"

struct live_counters {
    uint64_t limit_ns; /* fixed: longer latencies count as `over` */
    _Atomic uint64_t errors;
    _Atomic uint64_t in_flight;
    _Atomic uint64_t judged; /* requests that belong to the window and have ended */
    _Atomic uint64_t over;   /* of those, failed or slower than limit_ns */
    _Atomic uint64_t counts[HISTOGRAM_COARSE_BUCKETS]; /* of good replies */
};

/* Adds to a counter that only this thread writes. */
static inline void live_counter_add(_Atomic uint64_t *counter, uint64_t more)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + more, memory_order_relaxed);
}

/* The sum of the live counters of all engines. */
struct live_view {
    uint64_t now_ns;
    uint64_t start_ns, begin_ns, end_ns; /* of warm-up and window; the end may move */
    uint64_t ok, errors, in_flight, judged, over;
    uint64_t counts[HISTOGRAM_COARSE_BUCKETS];
};

void live_view_add(struct live_view *view, const struct live_counters *live);

/* The quantile as the upper end of its bucket; 0 where all counts are 0. */
uint64_t counts_quantile(const uint64_t counts[HISTOGRAM_COARSE_BUCKETS],
                         double fraction);

struct watcher {
    uint64_t period_ns;
    uint64_t limit_ns; /* for live_counters.limit_ns; UINT64_MAX: none */
    /* Called by the coordinating thread once a period; true ends the window now. */
    bool (*show)(void *context, const struct live_view *view);
    void (*leave)(void *context); /* called once, after the last show; may be NULL */
    void *context;
};

#endif
