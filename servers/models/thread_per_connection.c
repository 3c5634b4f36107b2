/*
 * thread-per-connection - every connection gets a thread, which sleeps whenever its
 * client or a step makes it wait. The kernel's scheduler does all the overlapping.
 */
#include <pthread.h>
#include <string.h>

#include "servers/model.h"
#include "servers/models/blocking.h"

struct thread_per_connection_settings {
    uint64_t stack_bytes;
};

static const struct field options[] = {
    {.name = "stack",
     .kind = FIELD_SIZE,
     .value = "SIZE",
     .help = "stack of each thread; only what is touched takes memory",
     .fallback = "128KiB",
     .offset = offsetof(struct thread_per_connection_settings, stack_bytes),
     .minimum = 96 << 10,
     .maximum = 64 << 20},
    {0},
};

/* What the accepting thread gives its threads. */
struct start {
    struct clients clients;
    struct worker *acceptor;
    pthread_attr_t attributes;
};

static void *serve(void *argument)
{
    struct client *client = argument;
    struct blocking_thread thread;
    blocking_thread_init(&thread, client->clients->server, "thread", WORKER_ANONYMOUS);
    blocking_serve_client(&thread, client);
    blocking_thread_release(&thread);
    clients_remove(client);
    return NULL;
}

static void start_thread(void *context, struct client *client)
{
    struct start *start = context;
    pthread_t thread;
    if (pthread_create(&thread, &start->attributes, serve, client) != 0)
        clients_refuse(start->acceptor, client);
}

static int run(struct server *server, struct error *error)
{
    const struct thread_per_connection_settings *settings = server->model_settings;
    struct start start = {.acceptor = server_join(server, "acceptor", 0)};
    int failure = pthread_attr_init(&start.attributes);
    if (!failure)
        failure = pthread_attr_setstacksize(&start.attributes, settings->stack_bytes);
    if (failure)
        return error_set(error, -failure, "--stack: %s", strerror(failure));
    pthread_attr_setdetachstate(&start.attributes, PTHREAD_CREATE_DETACHED);
    clients_init(&start.clients, server);
    server_ready(server);
    blocking_accept(&start.clients, start.acceptor, start_thread, &start);
    clients_drain(&start.clients);
    clients_wait_until_empty(&start.clients);
    clients_release(&start.clients);
    pthread_attr_destroy(&start.attributes);
    server_leave(server, start.acceptor);
    return 0;
}

const struct model thread_per_connection_model = {
    .name = "thread-per-connection",
    .summary = "every connection has a thread, which sleeps while it waits",
    .flags = MODEL_THREADS,
    .wait = STEP_THREAD,
    .blocking = STEP_THREAD,
    .cpu = STEP_THREAD,
    .options = options,
    .settings_bytes = sizeof(struct thread_per_connection_settings),
    .run = run,
};
