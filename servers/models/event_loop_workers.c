/*
 * event-loop-workers - an event loop that never computes: CPU steps go to a pool of
 * worker threads and come back when done. Waits and blocking calls are as in
 * event-loop; the two pools are separate, so neither holds the other up.
 */
#include <uv.h>

#include "base/cpus.h"
#include "servers/model.h"
#include "servers/models/loop.h"
#include "servers/models/threads.h"

struct settings {
    uint64_t workers; /* 0: as many as the server has CPUs; resolved by run */
    uint64_t uv_pool;
};

static const struct option options[] = {
    {.name = "workers",
     .type = OPTION_COUNT,
     .value = "N",
     .help = "threads that run the CPU steps",
     .fallback = "cores",
     .zero_word = "cores",
     .offset = offsetof(struct settings, workers),
     .minimum = 1,
     .maximum = 1024},
    LOOP_POOL_OPTION(struct settings, uv_pool),
    {0},
};

struct pool {
    struct server *server;
    struct task_queue steps; /* CPU steps to run */
};

static void *run_steps(void *context, int index)
{
    struct pool *pool = context;
    struct worker *worker = server_join(pool->server, "worker", index);
    for (struct task *task; (task = task_queue_take(&pool->steps));) {
        worker_count(&worker->steps, 1);
        loop_run_steps(task);
    }
    ops_leave_thread(pool->server->ops);
    server_leave(pool->server, worker);
    return NULL;
}

static int run(struct server *server, struct error *error)
{
    struct settings *settings = server->model_settings;
    if (settings->workers == 0)
        settings->workers = (uint64_t)cpus_allowed_count();
    loop_set_pool_size(settings->uv_pool);
    struct pool pool = {.server = server};
    const struct loop_placement placement = {
        .blocking = ON_LIBUV_POOL,
        .cpu = ON_WORKERS,
        .workers = &pool.steps,
    };
    struct loop *loop;
    int result = loop_open(&loop, server, 0, &placement, error);
    if (result < 0)
        return result;
    task_queue_init(&pool.steps);
    struct threads threads;
    result = threads_start(&threads, settings->workers, run_steps, &pool, error);
    if (result == 0) {
        server_ready(server);
        loop_serve(loop);
    }
    task_queue_close(&pool.steps);
    threads_join(&threads);
    task_queue_release(&pool.steps);
    loop_close(loop);
    uv_library_shutdown(); /* ends the pool's threads */
    return result;
}

const struct model event_loop_workers_model = {
    .name = "event-loop-workers",
    .summary = "an event loop that hands computing to a pool of worker threads",
    .flags = MODEL_LOOP | MODEL_WORKERS,
    .options = options,
    .settings_bytes = sizeof(struct settings),
    .run = run,
};
