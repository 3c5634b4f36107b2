/* placement.c - see placement.h. */
#include "harness/placement.h"

bool placement_choose(struct placement *placement, const int *order, int count,
                      uint64_t wanted)
{
    if (count < 1 || wanted > (uint64_t)count)
        return false;
    int server_count = wanted ? (int)wanted : count;
    CPU_ZERO(&placement->server);
    CPU_ZERO(&placement->generator);
    for (int i = 0; i < count; i++)
        CPU_SET((size_t)order[i],
                i < server_count ? &placement->server : &placement->generator);
    placement->server_count = server_count;
    placement->shared = server_count == count;
    if (placement->shared)
        placement->generator = placement->server;
    return true;
}
