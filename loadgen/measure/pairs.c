/* pairs.c - see pairs.h. */
#include "loadgen/measure/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void pairs_init(struct pairs *pairs)
{
    *pairs = (struct pairs){
        .first = memory_allocate(PAIRS_KEPT * sizeof(double)),
        .second = memory_allocate(PAIRS_KEPT * sizeof(double)),
        .skip = 1, /* the first value of the stream has none before it */
        .stride = 1,
    };
}

void pairs_release(struct pairs *pairs)
{
    free(pairs->first);
    free(pairs->second);
    *pairs = (struct pairs){0};
}

void pairs_keep(struct pairs *pairs, double value)
{
    pairs->first[pairs->count] = pairs->last;
    pairs->second[pairs->count++] = value;
    pairs->skip = pairs->stride - 1;
    /* The latest pair is among those thrown away, so that the distance to the next kept
     * pair is the new stride already. */
    if (pairs->count == PAIRS_KEPT) {
        pairs->count /= 2;
        pairs->stride *= 2;
        for (size_t i = 0; i < pairs->count; i++) {
            pairs->first[i] = pairs->first[2 * i];
            pairs->second[i] = pairs->second[2 * i];
        }
    }
}

void pairs_merge(struct pairs *into, const struct pairs *from)
{
    size_t count = into->count + from->count;
    if (!from->count)
        return;
    into->first = memory_resize(into->first, count * sizeof(double));
    into->second = memory_resize(into->second, count * sizeof(double));
    memcpy(into->first + into->count, from->first, from->count * sizeof(double));
    memcpy(into->second + into->count, from->second, from->count * sizeof(double));
    into->count = count;
}
