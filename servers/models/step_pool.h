/*
 * step_pool.h - threads that run the steps that a loop does not run itself: they take
 * them from a queue, for the loop whose placement says ON_WORKERS.
 */
#ifndef SERVERS_MODELS_STEP_POOL_H
#define SERVERS_MODELS_STEP_POOL_H

#include "servers/models/task_queue.h"
#include "servers/models/threads.h"
#include "servers/server.h"

struct step_pool {
    struct server *server;
    struct task_queue steps;
    struct threads threads;
    uint64_t size;
    bool started;
};

/* No thread runs yet. */
void step_pool_init(struct step_pool *pool, struct server *server, uint64_t size);

/* Starts the threads: 0, or -errno where one could not be started. Done by the first
 * step_pool_put where it was not done before. */
MUST_CHECK int step_pool_start(struct step_pool *pool, struct error *error);

/* From the loop's thread: the task goes to the threads; false when there are none. */
MUST_CHECK bool step_pool_put(struct step_pool *pool, struct task *task);

/* When the loop sends nothing any more. */
void step_pool_stop(struct step_pool *pool);

#endif
