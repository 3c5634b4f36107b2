/* deadlines.c - see deadlines.h. */
#include "servers/models/deadlines.h"

#include <stdlib.h>

/* Places count from 1: the parent of p is p / 2, its children are 2p and 2p + 1. */

static void put(struct deadlines *deadlines, struct deadline *deadline, size_t place)
{
    deadlines->heap[place - 1] = deadline;
    deadline->place = place;
}

static struct deadline *at(const struct deadlines *deadlines, size_t place)
{
    return deadlines->heap[place - 1];
}

/* Finds the place for a deadline from `place` towards the root. */
static void rise(struct deadlines *deadlines, struct deadline *deadline, size_t place)
{
    while (place > 1 && at(deadlines, place / 2)->at_ns > deadline->at_ns) {
        put(deadlines, at(deadlines, place / 2), place);
        place /= 2;
    }
    put(deadlines, deadline, place);
}

/* ... towards the leaves. */
static void sink(struct deadlines *deadlines, struct deadline *deadline, size_t place)
{
    while (2 * place <= deadlines->count) {
        size_t child = 2 * place;
        bool right_first = child < deadlines->count &&
                           at(deadlines, child + 1)->at_ns < at(deadlines, child)->at_ns;
        if (right_first)
            child++;
        if (at(deadlines, child)->at_ns >= deadline->at_ns)
            break;
        put(deadlines, at(deadlines, child), place);
        place = child;
    }
    put(deadlines, deadline, place);
}

bool deadlines_add(struct deadlines *deadlines, struct deadline *deadline, uint64_t at_ns)
{
    if (deadlines->count == deadlines->capacity) {
        size_t capacity = deadlines->capacity ? 2 * deadlines->capacity : 64;
        struct deadline **heap = realloc(deadlines->heap, capacity * sizeof(*heap));
        if (!heap)
            return false;
        deadlines->heap = heap;
        deadlines->capacity = capacity;
    }
    deadline->at_ns = at_ns;
    rise(deadlines, deadline, ++deadlines->count);
    return true;
}

void deadlines_remove(struct deadlines *deadlines, struct deadline *deadline)
{
    if (deadline->place == 0)
        return;
    size_t place = deadline->place;
    struct deadline *last = at(deadlines, deadlines->count--);
    deadline->place = 0;
    if (last == deadline)
        return;
    if (place > 1 && at(deadlines, place / 2)->at_ns > last->at_ns)
        rise(deadlines, last, place);
    else
        sink(deadlines, last, place);
}

struct deadline *deadlines_first(const struct deadlines *deadlines)
{
    return deadlines->count ? at(deadlines, 1) : NULL;
}

void deadlines_release(struct deadlines *deadlines)
{
    free(deadlines->heap);
    *deadlines = (struct deadlines){0};
}
