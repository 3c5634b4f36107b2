/*
 * fork-per-connection - every connection gets a process, forked when it comes, which
 * serves it until it leaves: the oldest way to serve several clients at a time. What
 * thread-per-connection is with threads; a fork costs more than a thread, and with
 * nothing shared, what an op keeps for its thread is made anew for every connection.
 */
#include <stdlib.h>
#include <unistd.h>

#include "servers/model.h"
#include "servers/models/processes.h"
#include "servers/models/single_client.h"
#include "servers/models/task_queue.h"

/* What a child is to serve. */
struct connected {
    struct server *server;
    int fd;
};

static int serve(void *context)
{
    const struct connected *connected = context;
    struct blocking_thread thread;
    struct clients clients;
    blocking_thread_init(&thread, connected->server, "process", WORKER_ANONYMOUS);
    clients_init(&clients, connected->server);
    single_client_listen_for_stop();
    single_client_serve(&thread, &clients, connected->fd);
    clients_release(&clients);
    blocking_thread_release(&thread);
    return 0;
}

static void start_process(struct processes *processes, int fd)
{
    struct server *server = processes->server;
    struct connected connected = {server, fd};
    const struct process_plan plan = {
        .server = server,
        .sharers = server->settings.max_connections,
        .serve = serve,
        .context = &connected,
    };
    struct process *process = calloc(1, sizeof *process);
    if (process && process_start(process, processes, &plan) == 0) {
        server_give_connection(server, process->account);
    } else {
        free(process);
        server_closed(server);
        worker_count(&processes->worker->refused, 1);
    }
    close(fd);
}

static void on_end(struct process *process, int status)
{
    (void)status; /* whatever ended it, nobody but its own client is concerned */
    free(process);
}

static int run(struct server *server, struct error *error)
{
    struct processes processes = {
        .ended = on_end, .accepted = start_process, .accept = server_accept};
    int result = processes_open(&processes, server, "acceptor", error);
    if (result < 0)
        return result;
    server_ready(server);
    processes_serve(&processes);
    processes_close(&processes);
    return 0;
}

const struct model fork_per_connection_model = {
    .name = "fork-per-connection",
    .summary = "every connection has a process, forked when it comes",
    .flags = MODEL_PROCESSES,
    .wait = STEP_THREAD,
    .blocking = STEP_THREAD,
    .cpu = STEP_THREAD,
    .run = run,
};
