/*
 * timers.h - what is to be done when: a heap of points in time, each with a number that
 * says whose it is. There is no way to take one out: who finds that his time is not
 * what it was when it comes lets it pass.
 *
 * Threads: owned by one thread.
 */
#ifndef LOADGEN_TIMERS_H
#define LOADGEN_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct timer {
    uint64_t due_ns;
    uint32_t owner;
};

struct timers {
    struct timer *heap; /* the earliest first; heap memory */
    size_t count, room;
};

void timers_release(struct timers *timers);

void timers_add(struct timers *timers, uint64_t due_ns, uint32_t owner);

/* When the earliest is due; UINT64_MAX: there is none. */
static inline uint64_t timers_next_ns(const struct timers *timers)
{
    return timers->count ? timers->heap[0].due_ns : UINT64_MAX;
}

/* Takes the earliest, which must be there; returns its owner. */
uint32_t timers_take(struct timers *timers);

#endif
