/*
 * fetch.c - asks another server for a path over HTTP/1.1: what a gateway or a proxy
 * does. The upstream is named once for the server (serve --upstream); every thread or
 * loop keeps its own connections to it alive, at most --upstream-connections, and
 * waiting for a free one is part of the step. How the path is written: steps.h.
 *
 * One state machine for all models: a thread sleeps for what it answers, a loop
 * registers it.
 *
 * Failures: 502 where the upstream cannot be reached, does not speak HTTP, breaks off,
 * or answers with another status than 2xx; 504 where it takes longer than
 * --upstream-timeout, from the begin of the step; 503 where this process lacks
 * descriptors; 501 where there is no upstream. A connection that had been idle may
 * have been closed by the upstream meanwhile: if it fails before a byte has come back,
 * the request is sent once more on a new one.
 *
 * Result: the 4 bytes of the upstream's Interleave-Digest, most significant first;
 * where it sends none, those of the CRC-32 of its body.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/text.h"
#include "servers/ops/fetch_reply.h"
#include "servers/ops/op.h"
#include "servers/ops/pool.h"
#include "workload/steps.h"

#define READ_BYTES (16 * 1024)

/* How long the upstream may take to accept the first connection, at start. */
#define START_TIMEOUT_S 5

/* Of the server: where the upstream is. */
struct fetch_shared {
    const struct op_environment *environment;
    char *host; /* "127.0.0.1:8080": for the Host line; NULL: there is no upstream */
    struct sockaddr_storage address;
    socklen_t address_length;
};

/* Of a thread: its connections. */
struct fetch_thread {
    const struct fetch_shared *shared;
    struct pool pool;
    char read_buffer[READ_BYTES];
};

struct upstream_connection {
    int fd;
};

/* Where a step stands, and so what it is waiting for. */
enum fetch_stage {
    STAGE_TAKING,     /* in line for a connection                    */
    STAGE_CONNECTING, /* a new one is being made                     */
    STAGE_SENDING,    /* the request is on its way                   */
    STAGE_RECEIVING,  /* the reply is                                */
};

struct fetch {
    struct fetch_thread *thread;
    struct pool_ticket ticket;
    struct upstream_connection *connection; /* held, or NULL */
    enum fetch_stage stage;
    bool is_used;  /* the connection has carried other requests before */
    bool is_heard; /* something of the reply has come */
    uint64_t deadline_ns;
    struct fetch_reply reply;
    size_t sent, length;
    char request[];
};

/* What a stage says: what to wait for, or one of these. */
#define GO_ON ((int)OP_TIMER + 1)

/* ---- connections ------------------------------------------------------------------ */

static void close_connection(void *pointer)
{
    struct upstream_connection *connection = pointer;
    close(connection->fd);
    free(connection);
}

/* Ends the step: the connection is kept where it is fit for another request. */
static int end(struct op_call *call)
{
    struct fetch *fetch = call->state.pointer;
    struct upstream_connection *connection = fetch->connection;
    if (connection &&
        !(fetch->reply.state == FETCH_REPLY_COMPLETE && fetch->reply.keeps_alive)) {
        close_connection(connection);
        connection = NULL;
    }
    pool_give(&fetch->thread->pool, &fetch->ticket, connection);
    free(fetch);
    call->state.pointer = NULL;
    return OP_DONE;
}

static void fetch_cancel(struct op_call *call)
{
    end(call);
}

static int fail_for_want(struct op_call *call, int failure)
{
    op_fail(call, 503, "fetch: no means for a connection to the upstream: %s",
            strerror(-failure));
    return end(call);
}

static int fail_unreached(struct op_call *call, int failure)
{
    const struct fetch *fetch = call->state.pointer;
    op_fail(call, 502, "fetch: cannot reach the upstream http://%s: %s",
            fetch->thread->shared->host, strerror(failure));
    return end(call);
}

/* A new connection: connecting, connected, or it has failed. */
static int open_connection(struct op_call *call)
{
    struct fetch *fetch = call->state.pointer;
    const struct fetch_shared *shared = fetch->thread->shared;
    struct upstream_connection *connection = malloc(sizeof *connection);
    if (!connection)
        return fail_for_want(call, -ENOMEM);
    connection->fd =
        socket(shared->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection->fd < 0) {
        int failure = -errno;
        free(connection);
        return fail_for_want(call, failure);
    }
    int one = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fetch->connection = connection;
    fetch->is_used = false;
    if (connect(connection->fd, (const struct sockaddr *)&shared->address,
                shared->address_length) == 0) {
        fetch->stage = STAGE_SENDING;
        return GO_ON;
    }
    if (errno != EINPROGRESS)
        return fail_unreached(call, errno);
    fetch->stage = STAGE_CONNECTING;
    return OP_WRITABLE;
}

/* The connection has failed. One from the pool may have been closed by the upstream while
 * it was idle: it is replaced if nothing has come back on it. Else the step fails. */
static int lose_connection(struct op_call *call, const char *why)
{
    struct fetch *fetch = call->state.pointer;
    if (fetch->is_used && !fetch->is_heard) {
        close_connection(fetch->connection);
        fetch->connection = NULL;
        fetch->sent = 0;
        fetch_reply_start(&fetch->reply);
        return open_connection(call);
    }
    op_fail(call, 502, "fetch: the upstream http://%s: %s", fetch->thread->shared->host,
            why);
    return end(call);
}

/* ---- stages ----------------------------------------------------------------------- */

static int take(struct op_call *call)
{
    struct fetch *fetch = call->state.pointer;
    int taken = pool_take(&fetch->thread->pool, &fetch->ticket);
    if (taken < 0)
        return fail_for_want(call, taken);
    if (taken == 0) {
        call->fd = fetch->ticket.wake_fd;
        return OP_READABLE;
    }
    fetch->connection = fetch->ticket.connection;
    if (!fetch->connection)
        return open_connection(call);
    fetch->is_used = true;
    fetch->stage = STAGE_SENDING;
    return GO_ON;
}

static int finish_connecting(struct op_call *call)
{
    struct fetch *fetch = call->state.pointer;
    int failure = 0;
    socklen_t length = sizeof failure;
    getsockopt(fetch->connection->fd, SOL_SOCKET, SO_ERROR, &failure, &length);
    if (failure)
        return fail_unreached(call, failure);
    /* After a spurious wake-up it is still connecting: then send answers EAGAIN. */
    fetch->stage = STAGE_SENDING;
    return GO_ON;
}

static int send_request(struct op_call *call)
{
    struct fetch *fetch = call->state.pointer;
    while (fetch->sent < fetch->length) {
        ssize_t sent = send(fetch->connection->fd, fetch->request + fetch->sent,
                            fetch->length - fetch->sent, MSG_NOSIGNAL);
        if (sent >= 0) {
            fetch->sent += (size_t)sent;
        } else if (errno == EAGAIN) {
            return OP_WRITABLE;
        } else if (errno != EINTR) {
            return lose_connection(call, strerror(errno));
        }
    }
    fetch->stage = STAGE_RECEIVING;
    /* It cannot have answered yet: looking would be a system call for nothing. */
    return OP_READABLE;
}

static int finish_reply(struct op_call *call)
{
    struct fetch *fetch = call->state.pointer;
    const struct fetch_reply *reply = &fetch->reply;
    if (reply->status < 200 || reply->status > 299) {
        op_fail(call, 502, "fetch: the upstream http://%s answered with status %d",
                fetch->thread->shared->host, reply->status);
        return end(call);
    }
    unsigned char bytes[4];
    op_put_be32(bytes, reply->digest);
    op_result(call, bytes, sizeof bytes);
    return end(call);
}

static int receive_reply(struct op_call *call)
{
    struct fetch *fetch = call->state.pointer;
    char *buffer = fetch->thread->read_buffer;
    while (true) {
        ssize_t got = recv(fetch->connection->fd, buffer, READ_BYTES, 0);
        if (got < 0 && errno == EAGAIN)
            return OP_READABLE;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return lose_connection(call, strerror(errno));
        fetch->is_heard = fetch->is_heard || got > 0;
        switch (fetch_reply_receive(&fetch->reply, buffer, (size_t)got)) {
        case FETCH_REPLY_OPEN:
            break;
        case FETCH_REPLY_COMPLETE:
            return finish_reply(call);
        case FETCH_REPLY_BROKEN:
            return lose_connection(call, fetch->reply.why);
        }
    }
}

static int (*const stages[])(struct op_call *call) = {
    [STAGE_TAKING] = take,
    [STAGE_CONNECTING] = finish_connecting,
    [STAGE_SENDING] = send_request,
    [STAGE_RECEIVING] = receive_reply,
};

/* ---- the step --------------------------------------------------------------------- */

static bool begin(struct op_call *call)
{
    struct fetch_thread *thread = call->resource;
    if (!thread->shared->host) {
        op_fail(call, 501, "fetch: this server has no upstream, see serve --upstream");
        return false;
    }
    char path[OP_TEXT_BYTES + 1];
    fetch_path(call->text, path, sizeof path);
    static const char format[] = "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n";
    size_t most = sizeof format + strlen(path) + strlen(thread->shared->host);
    struct fetch *fetch = malloc(sizeof *fetch + most);
    if (!fetch) {
        op_fail(call, 503, "fetch: no memory for a request");
        return false;
    }
    *fetch = (struct fetch){
        .thread = thread,
        .stage = STAGE_TAKING,
        .deadline_ns = clock_now_ns() + thread->shared->environment->upstream_timeout_ns,
    };
    fetch->length =
        (size_t)snprintf(fetch->request, most, format, path, thread->shared->host);
    fetch_reply_start(&fetch->reply);
    call->state.pointer = fetch;
    return true;
}

static enum op_answer fetch_resume(struct op_call *call)
{
    if (!call->state.pointer && !begin(call))
        return OP_DONE;
    int said = GO_ON;
    while (said == GO_ON) {
        const struct fetch *fetch = call->state.pointer;
        said = stages[fetch->stage](call);
    }
    struct fetch *fetch = call->state.pointer;
    if (said == OP_DONE)
        return OP_DONE;
    if (clock_now_ns() >= fetch->deadline_ns) {
        op_fail(call, 504, "fetch: the upstream http://%s took longer than %.3g s",
                fetch->thread->shared->host,
                (double)fetch->thread->shared->environment->upstream_timeout_ns /
                    (double)NS_PER_S);
        end(call);
        return OP_DONE;
    }
    if (fetch->connection)
        call->fd = fetch->connection->fd;
    call->deadline_ns = fetch->deadline_ns;
    return (enum op_answer)said;
}

static int fetch_parse(const char *text, uint64_t *argument, struct error *error)
{
    (void)text, (void)error;
    *argument = 0;
    return 0;
}

/* ---- resources -------------------------------------------------------------------- */

static int fetch_open(void *shared, void **resource, struct error *error)
{
    const struct fetch_shared *upstream = shared;
    struct fetch_thread *thread = malloc(sizeof *thread);
    if (!thread)
        return error_set(error, -ENOMEM, "no memory for connections");
    thread->shared = upstream;
    pool_init(&thread->pool, upstream->environment->upstream_connections);
    *resource = thread;
    return 0;
}

static void fetch_close(void *resource)
{
    struct fetch_thread *thread = resource;
    pool_release(&thread->pool, close_connection);
    free(thread);
}

/* Connects once, so that a wrong address is told at start and not by every request. */
static int try_address(struct fetch_shared *shared, const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    struct timeval limit = {.tv_sec = START_TIMEOUT_S};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int result = connect(fd, address->ai_addr, address->ai_addrlen) < 0 ? -errno : 0;
    close(fd);
    if (result < 0)
        return result == -EINPROGRESS ? -ETIMEDOUT : result;
    memcpy(&shared->address, address->ai_addr, address->ai_addrlen);
    shared->address_length = address->ai_addrlen;
    return 0;
}

static int find_upstream(struct fetch_shared *shared, const char *url,
                         struct error *error)
{
    static const char scheme[] = "http://";
    const char *rest = url + strlen(scheme);
    if (strncmp(url, scheme, strlen(scheme)) != 0)
        return error_set(error, -EINVAL,
                         "--upstream: expected http://HOST:PORT such as "
                         "http://127.0.0.1:8080, got \"%s\"",
                         url);
    size_t length = strlen(rest);
    shared->host = memory_printf(
        "%.*s", (int)(length - (length > 0 && rest[length - 1] == '/')), rest);
    char *host, *port;
    int result = address_split("--upstream: http://", shared->host, &host, &port, error);
    if (result < 0)
        return result;
    struct addrinfo hints = {.ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int failure = getaddrinfo(host, port, &hints, &found);
    if (failure) {
        result = error_set(error, -EINVAL, "--upstream: cannot use \"%s\": %s", url,
                           gai_strerror(failure));
    } else {
        result = -EADDRNOTAVAIL;
        for (struct addrinfo *at = found; at && result < 0; at = at->ai_next)
            result = try_address(shared, at);
        if (result < 0)
            error_set(error, result, "--upstream: cannot reach %s: %s", url,
                      strerror(-result));
        freeaddrinfo(found);
    }
    free(host);
    free(port);
    return result;
}

static void fetch_stop(void *pointer)
{
    struct fetch_shared *shared = pointer;
    free(shared->host);
    free(shared);
}

static int fetch_start(const struct op_environment *environment, void **shared,
                       struct error *error)
{
    struct fetch_shared *made = memory_allocate_zeroed(1, sizeof *made);
    made->environment = environment;
    int result =
        environment->upstream ? find_upstream(made, environment->upstream, error) : 0;
    if (result < 0)
        fetch_stop(made);
    else
        *shared = made;
    return result;
}

const struct op fetch_op = {
    .name = "fetch",
    .kind = OP_WAIT,
    .flags = OP_ASKS_UPSTREAM,
    .pool = ROLE_UPSTREAM_CONNECTIONS,
    .summary = "ask the upstream for a path (, for / and = for :) over HTTP",
    .library = "llhttp",
    .node = "http.request, a keep-alive Agent: on the loop, overlapping",
    .argument = "PROGRAM",
    .example = "wait=1ms,spin=100",
    .keeps_text = true,
    .parse = fetch_parse,
    .resume = fetch_resume,
    .cancel = fetch_cancel,
    .start = fetch_start,
    .stop = fetch_stop,
    .open = fetch_open,
    .close = fetch_close,
};
