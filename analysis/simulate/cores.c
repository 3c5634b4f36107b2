/* cores.c - see cores.h. */
#include "analysis/simulate/cores.h"

void cores_init(struct cores *cores, uint64_t count, uint64_t slice_ns)
{
    *cores = (struct cores){.count = count, .is_sliced = slice_ns > 0};
    if (cores->is_sliced)
        round_robin_init(&cores->scheduler.robin, count, slice_ns);
    else
        processor_sharing_init(&cores->scheduler.sharing, count);
}

void cores_release(struct cores *cores)
{
    if (cores->is_sliced)
        round_robin_release(&cores->scheduler.robin);
    else
        processor_sharing_release(&cores->scheduler.sharing);
}

void cores_begin(struct cores *cores, struct customer *customer, uint64_t work_ns,
                 uint64_t now_ns)
{
    bool is_free = cores->busy.now < cores->count;
    occupancy_add(is_free ? &cores->busy : &cores->waiting, now_ns);
    if (cores->is_sliced)
        round_robin_begin(&cores->scheduler.robin, customer, work_ns, now_ns);
    else
        processor_sharing_begin(&cores->scheduler.sharing, customer, work_ns, now_ns);
}

struct customer *cores_end(struct cores *cores, uint64_t now_ns)
{
    struct customer *customer =
        cores->is_sliced ? round_robin_end(&cores->scheduler.robin, now_ns)
                         : processor_sharing_end(&cores->scheduler.sharing, now_ns);
    if (customer)
        occupancy_remove(cores->waiting.now ? &cores->waiting : &cores->busy, now_ns);
    return customer;
}

void cores_restart(struct cores *cores, uint64_t now_ns)
{
    occupancy_restart(&cores->busy, now_ns);
    occupancy_restart(&cores->waiting, now_ns);
}
