/*
 * step_pool.h - threads that run the steps that a loop does not run itself: they take
 * them from a queue, for loops whose placement says ON_WORKERS.
 */
#ifndef SERVERS_MODELS_STEP_POOL_H
#define SERVERS_MODELS_STEP_POOL_H

#include "servers/models/task_queue.h"
#include "servers/models/threads.h"
#include "servers/server.h"

struct step_pool {
    struct server *server;
    struct task_queue steps; /* for loop_placement.workers */
    struct threads threads;
};

/* 0, or -errno; step_pool_stop in either case. */
MUST_CHECK int step_pool_start(struct step_pool *pool, struct server *server,
                               uint64_t threads, struct error *error);

/* When no loop sends anything any more. */
void step_pool_stop(struct step_pool *pool);

#endif
