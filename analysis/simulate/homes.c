/* homes.c - see homes.h. */
#include "analysis/simulate/homes.h"

#include <stdlib.h>

#include "base/text.h"

void homes_init(struct homes *homes, uint64_t count, enum dealing dealing)
{
    *homes = (struct homes){
        .dealing = dealing, .count = (uint32_t)count, .last = (uint32_t)count - 1};
    homes->connections = memory_allocate_zeroed(count, sizeof *homes->connections);
}

void homes_release(struct homes *homes)
{
    free(homes->connections);
}

static uint32_t in_turn(struct homes *homes, struct random *random)
{
    (void)random;
    homes->last = (homes->last + 1) % homes->count;
    return homes->last;
}

static uint32_t at_random(struct homes *homes, struct random *random)
{
    return (uint32_t)random_below(random, homes->count);
}

static uint32_t to_fewest(struct homes *homes, struct random *random)
{
    (void)random;
    uint32_t fewest = 0;
    for (uint32_t i = 1; i < homes->count; i++)
        if (homes->connections[i] < homes->connections[fewest])
            fewest = i;
    return fewest;
}

static uint32_t (*const dealings[])(struct homes *homes, struct random *random) = {
    [DEAL_IN_TURN] = in_turn,
    [DEAL_AT_RANDOM] = at_random,
    [DEAL_TO_FEWEST] = to_fewest,
};

uint32_t homes_open(struct homes *homes, struct random *random)
{
    uint32_t home = dealings[homes->dealing](homes, random);
    homes->connections[home]++;
    return home;
}

void homes_close(struct homes *homes, uint32_t home)
{
    homes->connections[home]--;
}
