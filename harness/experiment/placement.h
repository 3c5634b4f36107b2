/*
 * placement.h - which CPUs the server gets and which the generator: apart wherever
 * the machine has enough, whole cores first, hyper-thread siblings last.
 */
#ifndef HARNESS_PLACEMENT_H
#define HARNESS_PLACEMENT_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

struct placement {
    cpu_set_t server, generator;
    cpu_set_t services; /* what the server asks: backend, database */
    int server_count;
    bool shared;          /* no CPU was left for the generator: it has the server's */
    bool services_shared; /* none was left for the services: they have the generator's */
};

/*
 * Hands out the CPUs in `order` (cpus_by_core): the first `wanted` (0: all) to the
 * server, the next `for_services` to what it asks where that leaves the generator one,
 * the rest to the generator. False where there are fewer than `wanted`.
 */
bool placement_choose(struct placement *placement, const int *order, int count,
                      uint64_t wanted, uint64_t for_services);

#endif
