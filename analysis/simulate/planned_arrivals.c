/* planned_arrivals.c - see planned_arrivals.h. */
#include "analysis/simulate/planned_arrivals.h"

#include <stdlib.h>

#include "base/text.h"

void planned_arrivals_init(struct planned_arrivals *arrivals,
                           const struct workload *workload, uint64_t seed,
                           unsigned threads)
{
    *arrivals = (struct planned_arrivals){
        .schedules = memory_allocate_zeroed(threads, sizeof *arrivals->schedules),
        .mixes = memory_allocate_zeroed(threads, sizeof *arrivals->mixes),
        .threads = threads};
    uint64_t begin_ns = workload->warmup_ns, end_ns = begin_ns + workload->duration_ns;
    for (unsigned i = 0; i < threads; i++) {
        mix_init(&arrivals->mixes[i], workload, seed, i);
        schedule_init(&arrivals->schedules[i], workload, seed, i, threads);
        schedule_start(&arrivals->schedules[i], 0, begin_ns, end_ns);
    }
}

void planned_arrivals_release(struct planned_arrivals *arrivals)
{
    for (unsigned i = 0; i < arrivals->threads; i++) {
        mix_release(&arrivals->mixes[i]);
        schedule_release(&arrivals->schedules[i]);
    }
    free(arrivals->mixes);
    free(arrivals->schedules);
    *arrivals = (struct planned_arrivals){0};
}

bool planned_arrivals_next(void *context, struct planned_arrival *arrival)
{
    struct planned_arrivals *arrivals = context;
    unsigned first = 0;
    for (unsigned i = 1; i < arrivals->threads; i++)
        if (arrivals->schedules[i].next_ns < arrivals->schedules[first].next_ns)
            first = i;
    arrival->due_ns = arrivals->schedules[first].next_ns;
    if (arrival->due_ns == UINT64_MAX)
        return false;
    arrival->class_index =
        schedule_take(&arrivals->schedules[first], &arrivals->mixes[first]);
    return true;
}
