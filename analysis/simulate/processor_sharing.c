/* processor_sharing.c - see processor_sharing.h. */
#include "analysis/simulate/processor_sharing.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"

void processor_sharing_init(struct processor_sharing *sharing, uint64_t cores)
{
    *sharing = (struct processor_sharing){.cores = cores, .next_ns = UINT64_MAX};
}

void processor_sharing_release(struct processor_sharing *sharing)
{
    free(sharing->ends.entries);
}

/* Of each computation; virtual time goes so much more slowly. */
static double rate(const struct processor_sharing *sharing)
{
    double cores = (double)sharing->cores, count = (double)sharing->ends.count;
    return count <= cores ? 1 : cores / count;
}

static void settle(struct processor_sharing *sharing, uint64_t now_ns)
{
    sharing->virtual_ns += rate(sharing) * (double)(now_ns - sharing->at_ns);
    sharing->at_ns = now_ns;
}

/* Whole nanoseconds, upwards, so that nobody is finished before its time. */
static void find_next(struct processor_sharing *sharing)
{
    sharing->next_ns = UINT64_MAX;
    if (sharing->ends.count == 0) {
        sharing->virtual_ns = 0; /* small numbers are exact */
        return;
    }
    double left_ns = (double)heap_first_key(&sharing->ends) - sharing->virtual_ns;
    sharing->next_ns = sharing->at_ns + (uint64_t)ceil(fmax(left_ns, 0) / rate(sharing));
}

void processor_sharing_begin(struct processor_sharing *sharing, struct customer *customer,
                             uint64_t work_ns, uint64_t now_ns)
{
    settle(sharing, now_ns);
    heap_reserve(&sharing->ends, memory_resize);
    uint64_t end = (uint64_t)(sharing->virtual_ns + 0.5) + work_ns;
    heap_add(&sharing->ends, end, customer, NULL);
    find_next(sharing);
}

struct customer *processor_sharing_end(struct processor_sharing *sharing, uint64_t now_ns)
{
    settle(sharing, now_ns);
    struct customer *customer = heap_remove(&sharing->ends, 1, NULL);
    find_next(sharing);
    return customer;
}
