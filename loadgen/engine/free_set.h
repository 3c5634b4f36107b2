/*
 * free_set.h - the free connections of an open loop: an unordered array of their indices,
 * of which one is taken uniformly at random (swap with the last, O(1)).
 *
 * Connections taken in turn would deal requests out evenly to the processes or threads
 * that a server has tied them to, and hide the head-of-line blocking that clients who
 * know nothing of one another meet.
 */
#ifndef LOADGEN_FREE_SET_H
#define LOADGEN_FREE_SET_H

#include <stdlib.h>

#include "base/random.h"
#include "base/text.h"

struct free_set {
    uint32_t *items;
    uint32_t count;
};

/* Room for `capacity` indices, each at most once. */
static inline void free_set_init(struct free_set *set, uint32_t capacity)
{
    *set = (struct free_set){memory_allocate_zeroed(capacity, sizeof *set->items), 0};
}

static inline void free_set_release(struct free_set *set)
{
    free(set->items);
}

static inline void free_set_add(struct free_set *set, uint32_t index)
{
    set->items[set->count++] = index;
}

/* The set must not be empty. */
static inline uint32_t free_set_take(struct free_set *set, struct random *random)
{
    uint32_t place = (uint32_t)random_below(random, set->count);
    uint32_t index = set->items[place];
    set->items[place] = set->items[--set->count];
    return index;
}

#endif
