/* step_pool.c - see step_pool.h. */
#include "servers/models/step_pool.h"

#include "servers/models/loop.h"

static void *run_steps(void *context, int index)
{
    struct step_pool *pool = context;
    struct worker *worker = server_join(pool->server, "worker", index);
    for (struct task *task; (task = task_queue_take(&pool->steps));) {
        worker_count(&worker->steps, 1);
        loop_run_steps(task);
    }
    ops_leave_thread(pool->server->ops);
    server_leave(pool->server, worker);
    return NULL;
}

int step_pool_start(struct step_pool *pool, struct server *server, uint64_t threads,
                    struct error *error)
{
    pool->server = server;
    task_queue_init(&pool->steps);
    return threads_start(&pool->threads, threads, run_steps, pool, error);
}

void step_pool_stop(struct step_pool *pool)
{
    task_queue_close(&pool->steps);
    threads_join(&pool->threads);
    task_queue_release(&pool->steps);
}
