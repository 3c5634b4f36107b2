/*
 * random.h - a generator of random numbers with a seed: every order, gap and choice of a
 * run is drawn from it, and its seed is logged, so that the run can be repeated.
 *
 * xoshiro256** by D. Blackman and S. Vigna ("Scrambled linear pseudorandom number
 * generators", ACM TOMS 47, 2021), seeded through splitmix64 as they advise.
 *
 * Thread-safety: one generator per thread; random_seed_stream makes independent ones.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
};

void random_seed(struct random *random, uint64_t seed);

/* A generator for stream `stream` of the same seed, independent of the others. */
void random_seed_stream(struct random *random, uint64_t seed, uint64_t stream);

/* 64 uniform bits. */
uint64_t random_next(struct random *random);

/* Uniform in 0 .. bound-1, without modulo bias; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);

/* Uniform in [0, 1), 53 bits. */
double random_unit(struct random *random);

/* Exponential with the given mean: -mean * ln(1 - U). */
double random_exponential(struct random *random, double mean);

/* Puts `count` items of `size` bytes in a uniformly random order (Fisher-Yates). */
void random_shuffle(struct random *random, void *items, size_t count, size_t size);

/* A seed that differs from run to run, for when the user gave none. */
uint64_t random_fresh_seed(void);

/* A name that no other has, on no machine: 128 random bits in hexadecimal. */
#define RANDOM_ID_BYTES 33
void random_fresh_id(char id[RANDOM_ID_BYTES]);

#endif
