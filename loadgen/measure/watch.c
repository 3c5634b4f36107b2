/* watch.c - see watch.h. */
#include "loadgen/measure/watch.h"

#include <math.h>

static uint64_t read_counter(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void live_view_add(struct live_view *view, const struct live_counters *live)
{
    view->errors += read_counter(&live->errors);
    view->in_flight += read_counter(&live->in_flight);
    view->judged += read_counter(&live->judged);
    view->over += read_counter(&live->over);
    for (size_t i = 0; i < HISTOGRAM_COARSE_BUCKETS; i++) {
        uint64_t count = read_counter(&live->counts[i]);
        view->counts[i] += count;
        view->ok += count;
    }
}

uint64_t counts_quantile(const uint64_t counts[HISTOGRAM_COARSE_BUCKETS], double fraction)
{
    uint64_t total = 0, seen = 0;
    for (size_t i = 0; i < HISTOGRAM_COARSE_BUCKETS; i++)
        total += counts[i];
    uint64_t wanted = (uint64_t)ceil(fraction * (double)total);
    for (uint32_t i = 0; i < HISTOGRAM_COARSE_BUCKETS; i++) {
        seen += counts[i];
        if (seen && seen >= wanted)
            return histogram_bucket_high(((i + 1) << HISTOGRAM_COARSE_SHIFT) - 1);
    }
    return 0;
}
