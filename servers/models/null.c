/*
 * null - the floor: epoll, recv, send, and a canned reply for every blank line. It
 * parses nothing, times nobody out and knows no steps; it measures what drives it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "servers/connection.h"
#include "servers/model.h"
#include "servers/reply.h"
#include "servers/server.h"

#define EVENTS      256
#define BATCH       64 /* replies sent at once */
#define REPLY_BYTES 256

struct null_client {
    int fd;
    unsigned matched;    /* bytes of "\r\n\r\n" seen at the end of the input so far */
    uint64_t owed_bytes; /* replies due, and not yet taken by the client */
    bool writing;        /* waits for the client to take them, and reads nothing */
    struct null_client *previous, *next;
};

struct null_server {
    struct server *server;
    struct worker *worker;
    int epoll_fd;
    struct null_client *first;
    size_t reply_length;
    char replies[BATCH * REPLY_BYTES]; /* the same one, over and over */
    char read_buffer[CONNECTION_READ_BYTES];
};

/* ---- clients ---------------------------------------------------------------------- */

static int watch(struct null_server *null, int operation, int fd, uint32_t events,
                 void *what)
{
    struct epoll_event event = {.events = events, .data.ptr = what};
    return epoll_ctl(null->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

static void remove_client(struct null_server *null, struct null_client *client)
{
    close(client->fd);
    server_closed(null->server);
    if (client->previous)
        client->previous->next = client->next;
    else
        null->first = client->next;
    if (client->next)
        client->next->previous = client->previous;
    free(client);
}

static void add_client(struct null_server *null, int fd)
{
    struct null_client *client = memory_allocate_zeroed(1, sizeof *client);
    client->fd = fd;
    client->next = null->first;
    if (client->next)
        client->next->previous = client;
    null->first = client;
    if (watch(null, EPOLL_CTL_ADD, fd, EPOLLIN, client) < 0) {
        worker_count(&null->worker->refused, 1);
        remove_client(null, client);
    }
}

static void accept_clients(struct null_server *null)
{
    int fd;
    while ((fd = server_accept(null->server, null->worker, SOCK_NONBLOCK)) >= 0)
        add_client(null, fd);
    if (fd == -EMFILE)
        watch(null, EPOLL_CTL_MOD, null->server->listen_fd, 0, &null->server->listen_fd);
}

/* ---- serving ---------------------------------------------------------------------- */

/* How many blank lines end in these bytes: so many requests without a body. */
static unsigned count_blank_lines(struct null_client *client, const char *bytes,
                                  size_t length)
{
    static const char blank[] = "\r\n\r\n";
    unsigned count = 0;
    for (size_t i = 0; i < length; i++) {
        if (client->matched == 0) {
            const char *cr = memchr(bytes + i, '\r', length - i);
            if (!cr)
                break;
            i = (size_t)(cr - bytes);
        }
        bool fits = bytes[i] == blank[client->matched];
        client->matched = fits ? client->matched + 1 : bytes[i] == '\r';
        if (client->matched == 4) {
            client->matched = 0;
            count++;
        }
    }
    return count;
}

/* Sends what is owed. False when the client has gone. */
static bool send_owed(struct null_server *null, struct null_client *client)
{
    while (client->owed_bytes > 0) {
        uint64_t whole = BATCH * null->reply_length;
        /* The replies end at the end of the buffer, whatever part was sent already. */
        uint64_t chunk =
            client->owed_bytes < whole ? client->owed_bytes
            : client->owed_bytes % null->reply_length
                ? whole - null->reply_length + client->owed_bytes % null->reply_length
                : whole;
        const char *from = null->replies + (whole - chunk);
        ssize_t sent = send(client->fd, from, chunk, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN)
            return false;
        bool blocked = sent < 0;
        if (blocked != client->writing)
            watch(null, EPOLL_CTL_MOD, client->fd, blocked ? EPOLLOUT : EPOLLIN, client);
        client->writing = blocked;
        if (blocked)
            return true;
        client->owed_bytes -= (uint64_t)sent;
    }
    return true;
}

static bool serve(struct null_server *null, struct null_client *client)
{
    if (client->writing)
        return send_owed(null, client);
    ssize_t got = recv(client->fd, null->read_buffer, sizeof null->read_buffer, 0);
    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    unsigned requests = count_blank_lines(client, null->read_buffer, (size_t)got);
    worker_count(&null->worker->requests, requests);
    client->owed_bytes += requests * null->reply_length;
    return send_owed(null, client);
}

/* ---- the loop --------------------------------------------------------------------- */

static bool handle(struct null_server *null, void *what)
{
    struct server *server = null->server;
    if (what == &server->stop_fd)
        return false;
    if (what == &server->listen_fd) {
        accept_clients(null);
    } else if (what == &server->room_fd) {
        server_room_seen(server);
        watch(null, EPOLL_CTL_MOD, server->listen_fd, EPOLLIN, &server->listen_fd);
    } else if (!serve(null, what)) {
        remove_client(null, what);
    }
    return true;
}

static void serve_until_stopped(struct null_server *null)
{
    struct epoll_event events[EVENTS];
    bool goes_on = true;
    while (goes_on) {
        int count = epoll_wait(null->epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < count && goes_on; i++)
            goes_on = handle(null, events[i].data.ptr);
    }
    while (null->first)
        remove_client(null, null->first);
}

static int run(struct server *server, struct error *error)
{
    struct null_server *null = memory_allocate_zeroed(1, sizeof *null);
    null->server = server;
    null->worker = server_join(server, "loop", 0);
    const char *reply = reply_hello_bytes(&null->reply_length);
    for (size_t i = 0; i < BATCH; i++)
        memcpy(null->replies + i * null->reply_length, reply, null->reply_length);
    null->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int result = null->epoll_fd < 0 ? -errno : 0;
    int *const fds[] = {&server->stop_fd, &server->room_fd, &server->listen_fd};
    for (size_t i = 0; i < 3 && result == 0; i++)
        result = watch(null, EPOLL_CTL_ADD, *fds[i], EPOLLIN, fds[i]);
    if (result == 0) {
        server_ready(server);
        serve_until_stopped(null);
    } else {
        error_set(error, result, "cannot wait for clients: %s", strerror(-result));
    }
    if (null->epoll_fd >= 0)
        close(null->epoll_fd);
    server_leave(server, null->worker);
    free(null);
    return result;
}

const struct model null_model = {
    .name = "null",
    .summary = "a canned reply to everything: calibrates the load generator",
    .flags = MODEL_CALIBRATION,
    .run = run,
};
