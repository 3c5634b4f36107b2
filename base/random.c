/* random.c - see random.h. */
#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

void random_seed(struct random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix64(&seed);
}

void random_seed_stream(struct random *random, uint64_t seed, uint64_t stream)
{
    uint64_t mixed = seed;
    splitmix64(&mixed);
    random_seed(random, splitmix64(&mixed) ^ (stream * 0xd1342543de82ef95ULL));
}

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t random_next(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    /* Rejection sampling: below 2^64 mod bound the low remainders would be likelier. */
    uint64_t skipped = (0 - bound) % bound;
    uint64_t value;
    do
        value = random_next(random);
    while (value < skipped);
    return value % bound;
}

double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1.0p-53;
}

double random_exponential(struct random *random, double mean)
{
    return -mean * log1p(-random_unit(random));
}

void random_shuffle(struct random *random, void *items, size_t count, size_t size)
{
    unsigned char *bytes = items;
    for (size_t i = count; i > 1; i--) {
        unsigned char *a = bytes + (i - 1) * size;
        unsigned char *b = bytes + random_below(random, i) * size;
        for (size_t k = 0; k < size; k++) {
            unsigned char swap = a[k];
            a[k] = b[k];
            b[k] = swap;
        }
    }
}

void random_fresh_id(char id[RANDOM_ID_BYTES])
{
    uint64_t halves[2];
    if (getrandom(halves, sizeof halves, 0) != (ssize_t)sizeof halves) {
        halves[0] = clock_now_ns();
        halves[1] = (uint64_t)getpid();
    }
    snprintf(id, RANDOM_ID_BYTES, "%016llx%016llx", (unsigned long long)halves[0],
             (unsigned long long)halves[1]);
}

uint64_t random_fresh_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = clock_now_ns();
    /* Below 2^53, so that JSON readers that use doubles keep it exactly. */
    return seed >> 11;
}
