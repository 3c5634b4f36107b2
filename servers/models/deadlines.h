/*
 * deadlines.h - points in time that something waits for, the earliest first: a binary
 * heap. Owned by one thread.
 */
#ifndef SERVERS_MODELS_DEADLINES_H
#define SERVERS_MODELS_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in what waits; zero-initialised it waits for nothing. */
struct deadline {
    uint64_t at_ns;
    size_t place; /* in the heap, counted from 1; 0: not in it */
};

/* Zero-initialised is ready to use. */
struct deadlines {
    struct deadline **heap;
    size_t count, capacity;
};

void deadlines_release(struct deadlines *deadlines);

/* False when memory has run out. The deadline must not be in already. */
bool deadlines_add(struct deadlines *deadlines, struct deadline *deadline,
                   uint64_t at_ns);

/* Takes it out, if it is in. */
void deadlines_remove(struct deadlines *deadlines, struct deadline *deadline);

/* The earliest, or NULL. */
struct deadline *deadlines_first(const struct deadlines *deadlines);

#endif
