/*
 * thread-pool - a fixed number of threads serves all connections; a step that waits
 * keeps its thread, so no more requests overlap than there are threads.
 *
 * --dispatch request     a poller lends a thread to a client that has sent something;
 *                        idle keep-alive connections hold no thread
 * --dispatch connection  a thread stays with its client until it leaves; with more
 *                        clients than threads the others starve, and that is the point
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "servers/model.h"
#include "servers/models/poller.h"
#include "servers/models/threads.h"

struct thread_pool_settings {
    uint64_t threads;
    int dispatch; /* enum dispatch */
};

static const struct field options[] = {
    {.name = "threads",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "threads of the pool",
     .fallback = "64",
     .role = ROLE_THREADS,
     .offset = offsetof(struct thread_pool_settings, threads),
     .minimum = 1,
     .maximum = 4096},
    {.name = "dispatch",
     .kind = FIELD_CHOICE,
     .value = "WHAT",
     .help = "what a thread is given at a time",
     .fallback = "request",
     .role = ROLE_DISPATCH,
     .offset = offsetof(struct thread_pool_settings, dispatch),
     .choices = dispatch_words},
    {0},
};

struct thread_pool {
    struct server *server;
    struct task_queue ready; /* clients to serve */
    struct poller poller;    /* dispatch by request: watches clients between requests */
};

static void put_in_queue(void *context, struct client *client)
{
    struct thread_pool *pool = context;
    task_queue_put(&pool->ready, &client->task);
}

static struct client *take_client(struct thread_pool *pool)
{
    struct task *task = task_queue_take(&pool->ready);
    return task ? CONTAINER_OF(task, struct client, task) : NULL;
}

/* A client that was still in the queue when the server stopped has no request in hand. */
static void serve_request(struct thread_pool *pool, struct blocking_thread *thread,
                          struct client *client)
{
    bool lives = !server_is_stopping(pool->server) &&
                 blocking_serve_ready(thread, client) != BLOCKING_ENDS;
    if (lives)
        poller_watch_again(&pool->poller, client);
    else
        poller_forget(&pool->poller, client);
}

static void *serve_requests(void *context, int index)
{
    struct thread_pool *pool = context;
    struct blocking_thread thread;
    blocking_thread_init(&thread, pool->server, "thread", index);
    for (struct client *client; (client = take_client(pool));)
        serve_request(pool, &thread, client);
    blocking_thread_release(&thread);
    return NULL;
}

static void *serve_connections(void *context, int index)
{
    struct thread_pool *pool = context;
    struct blocking_thread thread;
    blocking_thread_init(&thread, pool->server, "thread", index);
    for (struct client *client; (client = take_client(pool));) {
        if (!server_is_stopping(pool->server))
            blocking_serve_client(&thread, client);
        clients_remove(client);
    }
    blocking_thread_release(&thread);
    return NULL;
}

static int run_by_request(struct thread_pool *pool, uint64_t count, struct error *error)
{
    struct server *server = pool->server;
    struct worker *worker = server_join(server, "poller", 0);
    struct threads threads;
    int result = poller_open(&pool->poller, server, worker, true, error);
    if (result < 0)
        goto left;
    result = threads_start(&threads, count, serve_requests, pool, error);
    if (result == 0) {
        server_ready(server);
        while (poller_wait(&pool->poller, true, put_in_queue, pool))
            ;
    }
    task_queue_close(&pool->ready);
    threads_join(&threads);
    poller_close(&pool->poller);
left:
    server_leave(server, worker);
    return result;
}

static int run_by_connection(struct thread_pool *pool, uint64_t count,
                             struct error *error)
{
    struct server *server = pool->server;
    struct worker *worker = server_join(server, "acceptor", 0);
    struct clients clients;
    clients_init(&clients, server);
    struct threads threads;
    int result = threads_start(&threads, count, serve_connections, pool, error);
    if (result == 0) {
        server_ready(server);
        blocking_accept(&clients, worker, put_in_queue, pool);
        clients_drain(&clients);
        clients_wait_until_empty(&clients);
    }
    task_queue_close(&pool->ready);
    threads_join(&threads);
    clients_release(&clients);
    server_leave(server, worker);
    return result;
}

static int run(struct server *server, struct error *error)
{
    const struct thread_pool_settings *settings = server->model_settings;
    struct thread_pool pool = {.server = server};
    task_queue_init(&pool.ready);
    int result = settings->dispatch == DISPATCH_REQUEST
                     ? run_by_request(&pool, settings->threads, error)
                     : run_by_connection(&pool, settings->threads, error);
    task_queue_release(&pool.ready);
    return result;
}

const struct model thread_pool_model = {
    .name = "thread-pool",
    .summary = "a fixed number of threads, each with one request at a time",
    .flags = MODEL_THREADS,
    .wait = STEP_THREAD,
    .blocking = STEP_THREAD,
    .cpu = STEP_THREAD,
    .options = options,
    .settings_bytes = sizeof(struct thread_pool_settings),
    .run = run,
};
