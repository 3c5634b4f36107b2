/* placement.c - see placement.h. */
#include "harness/experiment/placement.h"

bool placement_choose(struct placement *placement, const int *order, int count,
                      uint64_t wanted, uint64_t for_services)
{
    if (count < 1 || wanted > (uint64_t)count)
        return false;
    int server_count = wanted ? (int)wanted : count;
    int left = count - server_count;
    bool apart = for_services > 0 && for_services < (uint64_t)left;
    int services_end = server_count + (apart ? (int)for_services : 0);
    *placement = (struct placement){
        .server_count = server_count,
        .shared = left == 0,
        .services_shared = for_services > 0 && !apart,
    };
    for (int i = 0; i < count; i++)
        CPU_SET((size_t)order[i], i < server_count   ? &placement->server
                                  : i < services_end ? &placement->services
                                                     : &placement->generator);
    if (placement->shared)
        placement->generator = placement->server;
    if (!apart)
        placement->services = placement->generator;
    return true;
}
