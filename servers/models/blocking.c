/* blocking.c - see blocking.h. */
#include "servers/models/blocking.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "servers/event.h"

/* ---- threads ---------------------------------------------------------------------- */

void blocking_thread_init(struct blocking_thread *thread, struct server *server,
                          const char *role, int index)
{
    output_clear(&thread->output);
    thread->service = (struct service){
        .server = server,
        .worker = server_join(server, role, index),
        .output = &thread->output,
    };
}

void blocking_thread_release(struct blocking_thread *thread)
{
    ops_leave_thread(thread->service.server->ops);
    server_leave(thread->service.server, thread->service.worker);
}

/* ---- the set of clients ----------------------------------------------------------- */

void clients_init(struct clients *clients, struct server *server)
{
    *clients = (struct clients){.server = server};
    pthread_mutex_init(&clients->lock, NULL);
    pthread_cond_init(&clients->emptied, NULL);
}

void clients_release(struct clients *clients)
{
    pthread_cond_destroy(&clients->emptied);
    pthread_mutex_destroy(&clients->lock);
}

static void set_timeout(int fd, int which, uint64_t ns)
{
    struct timeval limit = {
        .tv_sec = (time_t)(ns / NS_PER_S),
        .tv_usec = (suseconds_t)(ns % NS_PER_S / NS_PER_US),
    };
    setsockopt(fd, SOL_SOCKET, which, &limit, sizeof limit);
}

void client_was_active(struct client *client)
{
    atomic_store_explicit(&client->active_ns, clock_now_ns(), memory_order_relaxed);
}

struct client *clients_add(struct clients *clients, struct worker *worker, int fd)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client) {
        close(fd);
        server_closed(clients->server);
        worker_count(&worker->refused, 1);
        return NULL;
    }
    client->clients = clients;
    client->fd = fd;
    client_was_active(client);
    set_timeout(fd, SO_SNDTIMEO, clients->server->settings.idle_timeout_ns);
    pthread_mutex_lock(&clients->lock);
    LIST_INSERT_HEAD(&clients->all, client, place);
    pthread_mutex_unlock(&clients->lock);
    return client;
}

/* The socket is closed under the lock: its number may be another's right afterwards, and
 * clients_drain and clients_end_idle shut sockets down by their numbers. */
void clients_remove(struct client *client)
{
    struct clients *clients = client->clients;
    connection_release(&client->connection);
    struct server *server = clients->server;
    pthread_mutex_lock(&clients->lock);
    close(client->fd);
    server_closed(server);
    LIST_REMOVE(client, place);
    free(client);
    if (LIST_EMPTY(&clients->all))
        pthread_cond_signal(&clients->emptied);
    pthread_mutex_unlock(&clients->lock);
}

void clients_refuse(struct worker *worker, struct client *client)
{
    worker_count(&worker->refused, 1);
    clients_remove(client);
}

void clients_drain(struct clients *clients)
{
    pthread_mutex_lock(&clients->lock);
    struct client *client;
    LIST_FOREACH (client, &clients->all, place)
        shutdown(client->fd, SHUT_RD);
    pthread_mutex_unlock(&clients->lock);
}

/* Whether a request waits to be read: the server is late then, the client is not idle. */
static bool has_unread_input(const struct client *client)
{
    char byte;
    return recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void clients_end_idle(struct clients *clients, uint64_t now_ns)
{
    uint64_t limit_ns = clients->server->settings.idle_timeout_ns;
    pthread_mutex_lock(&clients->lock);
    struct client *client;
    LIST_FOREACH (client, &clients->all, place) {
        if (atomic_load(&client->is_served))
            continue;
        bool lingered = client->lingers_until_ns && client->lingers_until_ns <= now_ns;
        bool idle = atomic_load(&client->active_ns) + limit_ns < now_ns;
        if (lingered || (idle && !has_unread_input(client)))
            shutdown(client->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&clients->lock);
}

void clients_wait_until_empty(struct clients *clients)
{
    pthread_mutex_lock(&clients->lock);
    while (!LIST_EMPTY(&clients->all))
        pthread_cond_wait(&clients->emptied, &clients->lock);
    pthread_mutex_unlock(&clients->lock);
}

bool clients_is_empty(struct clients *clients)
{
    pthread_mutex_lock(&clients->lock);
    bool empty = LIST_EMPTY(&clients->all);
    pthread_mutex_unlock(&clients->lock);
    return empty;
}

/* ---- accepting -------------------------------------------------------------------- */

void blocking_accept(struct clients *clients, struct worker *worker,
                     void (*accepted)(void *context, struct client *client),
                     void *context)
{
    struct server *server = clients->server;
    struct pollfd fds[] = {
        {.fd = server->stop_fd, .events = POLLIN},
        {.fd = server->capacity_fd, .events = POLLIN},
        {.fd = server->listen_fd, .events = POLLIN},
    };
    while (!server_is_stopping(server)) {
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            return;
        if (fds[1].revents) {
            event_drain(server->capacity_fd);
            fds[2].fd = server->listen_fd;
        }
        int fd = -EAGAIN;
        while (!server_is_stopping(server) && fds[2].fd >= 0 &&
               (fd = server_accept(server, worker, 0)) >= 0) {
            struct client *client = clients_add(clients, worker, fd);
            if (client)
                accepted(context, client);
        }
        if (fd == -EMFILE)
            fds[2].fd = -1; /* until capacity_fd is raised */
    }
}

/* ---- serving ---------------------------------------------------------------------- */

/* Sends the whole batch, sleeping while the client is slow. */
static bool send_batch(struct blocking_thread *thread, const struct client *client)
{
    struct output *output = &thread->output;
    while (!output_is_empty(output)) {
        ssize_t sent = output_send(output, client->fd);
        if (sent < 0 && errno != EINTR) {
            output_clear(output);
            return false;
        }
        if (sent > 0)
            output_consume(output, (size_t)sent);
    }
    return true;
}

static void begin_lingering(struct client *client)
{
    shutdown(client->fd, SHUT_WR);
    client->lingers_until_ns = clock_now_ns() + SERVER_LINGER_NS;
}

static enum blocking_outcome give_turn(struct client *client)
{
    if (!connection_park(&client->connection))
        return BLOCKING_ENDS;
    return connection_has_input(&client->connection) ? BLOCKING_TURNS : BLOCKING_WAITS;
}

/* Serves the input that is there. */
static enum blocking_outcome serve_input(struct blocking_thread *thread,
                                         struct client *client)
{
    struct connection *connection = &client->connection;
    while (true) {
        enum connection_next next = connection_next(connection, &thread->service);
        if (!send_batch(thread, client))
            return BLOCKING_ENDS;
        switch (next) {
        case CONNECTION_READS:
            return connection_park(connection) ? BLOCKING_WAITS : BLOCKING_ENDS;
        case CONNECTION_FLUSHES:
            if (thread->service.one_at_a_time && connection_has_replied(connection))
                return give_turn(client);
            break;
        case CONNECTION_WORKS:
            job_run_to_end(connection->job);
            connection_answer(connection, &thread->service);
            break;
        case CONNECTION_CLOSES:
            return BLOCKING_ENDS;
        case CONNECTION_LINGERS:
            begin_lingering(client);
            return BLOCKING_WAITS;
        }
    }
}

/* Reads once and serves what came. Nothing came: BLOCKING_ENDS with `flags` 0. */
static enum blocking_outcome read_and_serve(struct blocking_thread *thread,
                                            struct client *client, int flags)
{
    ssize_t got;
    do
        got = recv(client->fd, thread->read_buffer, sizeof thread->read_buffer, flags);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return got < 0 && errno == EAGAIN && flags ? BLOCKING_WAITS : BLOCKING_ENDS;
    if (client->lingers_until_ns)
        return BLOCKING_WAITS;
    if (!connection_receive(&client->connection, thread->read_buffer, (size_t)got))
        return BLOCKING_ENDS;
    return serve_input(thread, client);
}

void blocking_serve_client(struct blocking_thread *thread, struct client *client)
{
    set_timeout(client->fd, SO_RCVTIMEO,
                thread->service.server->settings.idle_timeout_ns);
    while (!client->lingers_until_ns)
        if (read_and_serve(thread, client, 0) == BLOCKING_ENDS)
            return;
    set_timeout(client->fd, SO_RCVTIMEO, SERVER_LINGER_NS);
    while (clock_now_ns() < client->lingers_until_ns)
        if (read_and_serve(thread, client, 0) == BLOCKING_ENDS)
            return;
}

enum blocking_outcome blocking_serve_ready(struct blocking_thread *thread,
                                           struct client *client)
{
    enum blocking_outcome outcome =
        connection_has_input(&client->connection) && thread->service.one_at_a_time
            ? serve_input(thread, client)
            : BLOCKING_WAITS;
    if (outcome == BLOCKING_WAITS)
        outcome = read_and_serve(thread, client, MSG_DONTWAIT);
    return outcome;
}
