/*
 * pairs.h - pairs of successive values out of a stream of any length, in bounded memory.
 *
 * Every pair is kept until PAIRS_KEPT are there; then every other one is thrown away
 * and from now on only every second is kept, and so on: what is there at the end is
 * spread evenly over the whole stream, between half of PAIRS_KEPT and all of them.
 *
 * Threads: belongs to one; merge afterwards.
 */
#ifndef LOADGEN_PAIRS_H
#define LOADGEN_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#define PAIRS_KEPT 1024

struct pairs {
    double *first, *second; /* `count` kept pairs; heap */
    size_t count;
    double last;     /* the latest value */
    uint64_t skip;   /* values that come before the next one that ends a kept pair */
    uint64_t stride; /* one in so many pairs is kept */
};

void pairs_init(struct pairs *pairs);
void pairs_release(struct pairs *pairs);

/* Keeps (last, value); see pairs_add. */
void pairs_keep(struct pairs *pairs, double value);

/* The next value of the stream. */
static inline void pairs_add(struct pairs *pairs, double value)
{
    if (pairs->skip > 0)
        pairs->skip--;
    else
        pairs_keep(pairs, value);
    pairs->last = value;
}

/* The next value does not follow on the last one. */
static inline void pairs_break(struct pairs *pairs)
{
    if (pairs->skip == 0)
        pairs->skip = 1;
}

/* Appends the pairs of another stream; nothing may be added to `into` afterwards. */
void pairs_merge(struct pairs *into, const struct pairs *from);

#endif
