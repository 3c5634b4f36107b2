/* slicing.c - see slicing.h. */
#include "workload/slicing.h"

#include <errno.h>

#include "base/random.h"

/* A random stream of the seed beyond those of the generator's threads. */
#define STREAM_SLICES (1ULL << 42)

uint64_t slicing_guard_ns(const struct slicing *slicing)
{
    return slicing->slice_ns / 8;
}

void slicing_order(const struct slicing *slicing, uint64_t seed, bool *second_first)
{
    struct random random;
    random_seed_stream(&random, seed, STREAM_SLICES);
    uint64_t odd = random_below(&random, 2);
    for (uint64_t i = 0; i < slicing->count; i++)
        second_first[i] = (i + odd) % 2;
    random_shuffle(&random, second_first, slicing->count, sizeof *second_first);
}

int slicing_check(const struct workload *workload, struct error *error)
{
    const struct {
        bool is_there;
        const char *what;
    } hindrances[] = {
        {workload->phase_count > 0, "phases"},
        {workload->trace.count > 0, "a trace"},
        {workload_seeks_capacity(workload), "a search for the capacity"},
        {workload->request_limit > 0, "a limited number of requests"},
        {workload_seeks_capacity(workload), "a search for the capacity"},
        {workload->slow_readers.count > 0, "slow readers"},
        {workload->slow_senders.count > 0, "slow senders"},
    };
    for (size_t i = 0; i < sizeof hindrances / sizeof *hindrances; i++)
        if (hindrances[i].is_there)
            return error_set(error, -EINVAL,
                             "slices take a load that is the same all the time, and can "
                             "be taken from a server at once: not %s",
                             hindrances[i].what);
    return 0;
}
