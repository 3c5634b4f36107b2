/* steadiness.c - see steadiness.h. */
#include "loadgen/measure/steadiness.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"

static double value_of(const struct series_interval *interval, bool open)
{
    return open ? (double)series_interval_quantile(interval, 0.5) : (double)interval->ok;
}

/*
 * Batch means: fills `values` with the means of `join` intervals each and returns their
 * number. In an open loop an interval without replies has no median and is left out.
 */
static size_t read_series(const struct recorder *recorder, size_t intervals, size_t join,
                          bool open, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i + join <= intervals; i += join) {
        double sum = 0, some = 0;
        for (size_t j = i; j < i + join; j++) {
            const struct series_interval *interval = &recorder->intervals[j];
            if (open && !interval->ok)
                continue;
            sum += value_of(interval, open);
            some++;
        }
        if (some > 0)
            values[count++] = sum / some;
    }
    return count;
}

struct steady_state steadiness_judge(const struct recorder *recorder, uint64_t window_ns,
                                     bool open)
{
    size_t intervals = (size_t)(window_ns / recorder->interval_ns);
    if (intervals > recorder->interval_count)
        intervals = recorder->interval_count;
    size_t join = intervals / STEADINESS_MAX + 1;
    double *values = memory_allocate((intervals + 1) * sizeof *values);
    size_t bins = read_series(recorder, intervals, join, open, values);
    struct steady_state state = steady_state_judge(
        values, bins, (double)(join * recorder->interval_ns) / NS_PER_S);
    free(values);
    return state;
}
