/*
 * pairs.h - systematic sampling with a stride that doubles: pairs of successive values
 * out of a stream of any length, in bounded memory.
 *
 * Every pair is kept until there are PAIRS_KEPT. Then every other pair is thrown away and
 * from now on only every second one is kept, and so on. The sample at the end is spread
 * evenly over the whole stream, and is between half of PAIRS_KEPT and all of PAIRS_KEPT.
 *
 * Threads: belongs to one thread; merged when all have ended.
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
    uint64_t skip;   /* values to come before the one that ends the next kept pair */
    uint64_t stride; /* one in so many pairs is kept */
};

void pairs_init(struct pairs *pairs);
void pairs_release(struct pairs *pairs);

/* Keeps the pair (last, value); called by pairs_add only. */
void pairs_keep(struct pairs *pairs, double value);

/* Adds the next value of the stream. */
static inline void pairs_add(struct pairs *pairs, double value)
{
    if (pairs->skip > 0)
        pairs->skip--;
    else
        pairs_keep(pairs, value);
    pairs->last = value;
}

/* A gap in the stream: the next value makes no pair with the last one. */
static inline void pairs_break(struct pairs *pairs)
{
    if (pairs->skip == 0)
        pairs->skip = 1;
}

/* Appends the pairs of another stream; nothing may be added to `into` afterwards. */
void pairs_merge(struct pairs *into, const struct pairs *from);

#endif
