/* timers.c - see timers.h. */
#include "loadgen/engine/timers.h"

#include <stdlib.h>

#include "base/text.h"

void timers_release(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){0};
}

void timers_add(struct timers *timers, uint64_t due_ns, uint32_t owner)
{
    if (timers->count == timers->room) {
        timers->room = timers->room ? timers->room * 2 : 64;
        timers->heap = memory_resize(timers->heap, timers->room * sizeof *timers->heap);
    }
    size_t at = timers->count++;
    while (at > 0 && timers->heap[(at - 1) / 2].due_ns > due_ns) {
        timers->heap[at] = timers->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    timers->heap[at] = (struct timer){due_ns, owner};
}

uint32_t timers_take(struct timers *timers)
{
    uint32_t owner = timers->heap[0].owner;
    struct timer last = timers->heap[--timers->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < timers->count &&
            timers->heap[child + 1].due_ns < timers->heap[child].due_ns)
            child++;
        if (child >= timers->count || timers->heap[child].due_ns >= last.due_ns)
            break;
        timers->heap[at] = timers->heap[child];
        at = child;
    }
    timers->heap[at] = last;
    return owner;
}
