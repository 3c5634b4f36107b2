/*
 * streams.h - independent random streams of a simulation's seed, one for each purpose: a
 * change of one of them leaves the others as they are. They lie far from those that
 * workload/schedule.c draws arrivals from, so that both may have the same seed.
 */
#ifndef ANALYSIS_SIMULATE_STREAMS_H
#define ANALYSIS_SIMULATE_STREAMS_H

#include "base/random.h"

enum simulation_stream {
    STREAM_TIMES,      /* of steps */
    STREAM_CONNECTING, /* to which home */
    STREAM_CHOOSING,   /* a class; a free connection */
    STREAM_THINKING,
};
#define STREAMS_BEGIN (1ULL << 40)

static inline void stream_seed(struct random *random, uint64_t seed,
                               enum simulation_stream stream)
{
    random_seed_stream(random, seed, STREAMS_BEGIN + (uint64_t)stream);
}

#endif
