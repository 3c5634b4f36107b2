/* timers.c - see timers.h. */
#include "loadgen/engine/timers.h"

#include <stdlib.h>

#include "base/text.h"

void timers_release(struct timers *timers)
{
    free(timers->heap.entries);
    *timers = (struct timers){0};
}

void timers_add(struct timers *timers, uint64_t due_ns, uint32_t owner)
{
    heap_reserve(&timers->heap, memory_resize);
    heap_add(&timers->heap, due_ns, (void *)(uintptr_t)owner, NULL);
}

uint32_t timers_take(struct timers *timers)
{
    return (uint32_t)(uintptr_t)heap_remove(&timers->heap, 1, NULL);
}
