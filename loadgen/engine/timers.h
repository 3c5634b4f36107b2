/*
 * timers.h - a timer heap with lazy deletion. Each timer carries the number of the
 * connection that it belongs to. Timers are not removed: the caller skips an expired
 * timer that its connection does not wait for any more.
 *
 * Zero-initialised it is empty. Owned by one thread. Running out of memory aborts.
 */
#ifndef LOADGEN_TIMERS_H
#define LOADGEN_TIMERS_H

#include <stdint.h>

#include "base/heap.h"

struct timers {
    struct heap heap; /* by time; the items are the numbers */
};

void timers_release(struct timers *timers);

void timers_add(struct timers *timers, uint64_t due_ns, uint32_t owner);

/* When the earliest is due; UINT64_MAX: there is none. */
static inline uint64_t timers_next_ns(const struct timers *timers)
{
    return heap_first_key(&timers->heap);
}

/* Takes the earliest, which must be there; returns its owner. */
uint32_t timers_take(struct timers *timers);

#endif
