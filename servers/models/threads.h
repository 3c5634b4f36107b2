/*
 * threads.h - a fixed number of threads with the same body, started and joined
 * together.
 */
#ifndef SERVERS_MODELS_THREADS_H
#define SERVERS_MODELS_THREADS_H

#include <pthread.h>
#include <stdint.h>

#include "base/error.h"

/* `index` counts from 0. Returns NULL. */
typedef void *thread_body(void *context, int index);

struct threads {
    struct thread_start *starts; /* one per thread */
    uint64_t count;              /* that run */
};

/* 0, or -errno; threads_join in either case. */
MUST_CHECK int threads_start(struct threads *threads, uint64_t count, thread_body *body,
                             void *context, struct error *error);

/* Waits for all to return. */
void threads_join(struct threads *threads);

#endif
