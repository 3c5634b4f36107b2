/*
 * null - the floor: epoll, recv, send, and a canned reply for every blank line. It
 * parses nothing, times nobody out and knows no steps; it measures what drives it.
 *
 * --stall AT:LENGTH[:EVERY] makes it stand still, so that what a generator says about a
 * stall can be held against what theory says. Time counts from the first request. A
 * request that is read within the stall, and all behind it, are answered at its end,
 * which does not move however late the stall was noticed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "servers/connection.h"
#include "servers/event.h"
#include "servers/model.h"
#include "servers/reply.h"
#include "servers/server.h"

#define EVENTS      256
#define BATCH       64 /* replies sent at once */
#define REPLY_BYTES 256

struct null_settings {
    char *stalls;
};

static const struct field options[] = {
    {.name = "stall",
     .kind = FIELD_TEXT,
     .value = "AT:LENGTH[:EVERY]",
     .help = "answer nothing for LENGTH, beginning AT after the first request, and again "
             "EVERY so often; several are separated by commas, as in 2s:1s,5s:100ms:1s",
     .offset = offsetof(struct null_settings, stalls)},
    {0},
};

#define MAX_STALLS 16

struct stall {
    uint64_t at_ns, length_ns; /* from the first request */
    uint64_t every_ns;         /* 0: once */
};

struct null_client {
    int fd;
    unsigned matched;    /* bytes of "\r\n\r\n" seen at the end of the input so far */
    uint64_t owed_bytes; /* replies due, and not yet taken by the client */
    bool writing;        /* waits for the client to take them, and reads nothing */
    LIST_ENTRY(null_client) place;
};

struct null_server {
    struct server *server;
    struct worker *worker;
    int epoll_fd;
    LIST_HEAD(null_clients, null_client) clients;
    struct stall stalls[MAX_STALLS];
    size_t stall_count;
    uint64_t first_request_ns; /* where there are stalls; 0: none yet */
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

static void free_client(struct null_server *null, struct null_client *client)
{
    close(client->fd);
    server_closed(null->server);
    free(client);
}

static void remove_client(struct null_server *null, struct null_client *client)
{
    LIST_REMOVE(client, place);
    free_client(null, client);
}

static void add_client(struct null_server *null, int fd)
{
    struct null_client *client = memory_allocate_zeroed(1, sizeof *client);
    client->fd = fd;
    if (watch(null, EPOLL_CTL_ADD, fd, EPOLLIN, client) < 0) {
        worker_count(&null->worker->refused, 1);
        free_client(null, client);
        return;
    }
    LIST_INSERT_HEAD(&null->clients, client, place);
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

/* How many blank lines, and so requests without a body, end in these bytes. */
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

/* ---- standing still --------------------------------------------------------------- */

static int parse_stall(const char *text, struct stall *stall, struct error *error)
{
    size_t count;
    char **parts = text_split(text, ':', &count);
    uint64_t *const members[] = {&stall->at_ns, &stall->length_ns, &stall->every_ns};
    int result = count == 2 || count == 3 ? 0 : -EINVAL;
    for (size_t i = 0; i < count && result == 0; i++)
        result =
            quantity_parse(QUANTITY_TIME, parts[i], i > 0, NS_PER_H, members[i], NULL);
    if (result == 0 && stall->every_ns && stall->every_ns <= stall->length_ns)
        result = -EINVAL;
    text_list_free(parts);
    if (result < 0)
        error_set(error, -EINVAL,
                  "--stall: expected AT:LENGTH[:EVERY] such as 2s:1s, EVERY longer than "
                  "LENGTH, got \"%s\"",
                  text);
    return result;
}

static int parse_stalls(struct null_server *null, const char *list, struct error *error)
{
    size_t count;
    char **items = text_split(list, ',', &count);
    int result = 0;
    if (count > MAX_STALLS)
        result =
            error_set(error, -EINVAL, "--stall: at most %d, got %zu", MAX_STALLS, count);
    for (; result == 0 && null->stall_count < count; null->stall_count++)
        result = parse_stall(items[null->stall_count], &null->stalls[null->stall_count],
                             error);
    text_list_free(items);
    return result;
}

/* Sleeps until the end of the stall that is on, if one is. */
static void sit_out_stalls(struct null_server *null)
{
    uint64_t now_ns = clock_now_ns();
    if (!null->first_request_ns)
        null->first_request_ns = now_ns;
    for (size_t i = 0; i < null->stall_count; i++) {
        const struct stall *stall = &null->stalls[i];
        uint64_t since_ns = now_ns - null->first_request_ns;
        if (since_ns < stall->at_ns)
            continue;
        since_ns -= stall->at_ns;
        if (stall->every_ns)
            since_ns %= stall->every_ns;
        if (since_ns < stall->length_ns)
            clock_sleep_until_ns(now_ns + stall->length_ns - since_ns);
    }
}

static bool serve(struct null_server *null, struct null_client *client)
{
    if (client->writing)
        return send_owed(null, client);
    ssize_t got = recv(client->fd, null->read_buffer, sizeof null->read_buffer, 0);
    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    if (null->stall_count)
        sit_out_stalls(null);
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
    } else if (what == &server->capacity_fd) {
        event_drain(server->capacity_fd);
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
    struct null_client *next, *client = LIST_FIRST(&null->clients);
    for (; client; client = next) {
        next = LIST_NEXT(client, place);
        free_client(null, client);
    }
}

static int run(struct server *server, struct error *error)
{
    const struct null_settings *settings = server->model_settings;
    struct null_server *null = memory_allocate_zeroed(1, sizeof *null);
    int result = settings->stalls ? parse_stalls(null, settings->stalls, error) : 0;
    if (result < 0) {
        free(null);
        return result;
    }
    null->server = server;
    null->worker = server_join(server, "loop", 0);
    const char *reply = reply_hello_bytes(&null->reply_length);
    for (size_t i = 0; i < BATCH; i++)
        memcpy(null->replies + i * null->reply_length, reply, null->reply_length);
    null->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    result = null->epoll_fd < 0 ? -errno : 0;
    int *const fds[] = {&server->stop_fd, &server->capacity_fd, &server->listen_fd};
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
    .wait = STEP_NOBODY,
    .blocking = STEP_NOBODY,
    .cpu = STEP_NOBODY,
    .options = options,
    .settings_bytes = sizeof(struct null_settings),
    .run = run,
};
