/* step_pool.c - see step_pool.h. */
#include "servers/models/step_pool.h"

#include <stdio.h>

#include "servers/models/loop_core.h"

/* Runs the steps at hand of a client's job, and gives the client back to its loop. */
static void run_for_client(struct loop_client *client)
{
    struct loop *loop = client->loop;
    job_run(client->connection.job);
    task_queue_put(&loop->returned, &client->task);
    loop->backend->wake(loop);
}

static void *run_steps(void *context, int index)
{
    struct step_pool *pool = context;
    struct worker *worker = server_join(pool->server, "worker", index);
    for (struct task *task; (task = task_queue_take(&pool->steps));) {
        worker_count(&worker->steps, 1);
        run_for_client(CONTAINER_OF(task, struct loop_client, task));
    }
    ops_leave_thread(pool->server->ops);
    server_leave(pool->server, worker);
    return NULL;
}

void step_pool_init(struct step_pool *pool, struct server *server, uint64_t size)
{
    *pool = (struct step_pool){.server = server, .size = size};
    task_queue_init(&pool->steps);
}

int step_pool_start(struct step_pool *pool, struct error *error)
{
    pool->started = true;
    return threads_start(&pool->threads, pool->size, run_steps, pool, error);
}

bool step_pool_put(struct step_pool *pool, struct task *task)
{
    struct error error;
    /* Fewer threads than wished for are better than none; the statistics list them. */
    if (!pool->started && step_pool_start(pool, &error) < 0)
        fprintf(stderr, "interleave serve: %s\n", error.text);
    if (pool->threads.count == 0)
        return false;
    task_queue_put(&pool->steps, task);
    return true;
}

void step_pool_stop(struct step_pool *pool)
{
    task_queue_close(&pool->steps);
    if (pool->started)
        threads_join(&pool->threads);
    task_queue_release(&pool->steps);
}
