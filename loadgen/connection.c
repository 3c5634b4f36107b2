/* connection.c - see connection.h. */
#include "loadgen/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A rest of a body longer than this is skipped in the kernel instead of copied. */
#define SKIP_FROM_BYTES 16384

static int set_up_socket(int fd, uint64_t tag, int epoll)
{
    int one = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
        return -errno;
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.u64 = tag,
    };
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int connection_open(struct connection *connection, uint32_t index,
                    const struct target *target, int epoll)
{
    int fd =
        socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    connection->generation++;
    int result = set_up_socket(fd, connection_tag(index, connection->generation), epoll);
    if (result == 0 &&
        connect(fd, (const struct sockaddr *)&target->address, target->address_bytes) <
            0 &&
        errno != EINPROGRESS)
        result = -errno;
    if (result < 0) {
        close(fd);
        return result;
    }
    connection->fd = fd;
    connection->state = CONNECTION_OPENING;
    return 0;
}

int connection_opened(struct connection *connection)
{
    int code = 0;
    socklen_t bytes = sizeof code;
    if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &code, &bytes) < 0)
        return -errno;
    if (code)
        return -code;
    struct sockaddr_storage peer;
    bytes = sizeof peer;
    if (getpeername(connection->fd, (struct sockaddr *)&peer, &bytes) == 0)
        return 1;
    return errno == ENOTCONN ? 0 : -errno;
}

void connection_close(struct connection *connection, struct parser_pool *pool)
{
    framing_reset(&connection->framing, pool);
    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = -1;
    connection->state = CONNECTION_CLOSED;
}

int connection_send(struct connection *connection, const char *bytes, size_t length)
{
    ssize_t wrote = send(connection->fd, bytes + connection->sent_bytes,
                         length - connection->sent_bytes, MSG_NOSIGNAL);
    if (wrote < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    if (wrote > 0)
        connection->sent_bytes += (uint32_t)wrote;
    connection->state =
        connection->sent_bytes == length ? CONNECTION_AWAITING : CONNECTION_SENDING;
    return 0;
}

/* Reads on in a long body whose bytes nobody looks at. */
static enum receive_result skip_body(struct connection *connection, uint64_t left,
                                     const struct receive_buffer *buffer, bool *drained)
{
    size_t wanted = left < buffer->capacity ? (size_t)left : buffer->capacity;
    ssize_t got = recv(connection->fd, buffer->data, wanted, MSG_TRUNC);
    if (got > 0) {
        *drained = (size_t)got < wanted;
        return framing_skipped(&connection->framing, (uint64_t)got) ? RECEIVE_REPLY
                                                                    : RECEIVE_SOME;
    }
    *drained = true;
    if (got == 0)
        return RECEIVE_CLOSED;
    return errno == EAGAIN || errno == EINTR ? RECEIVE_NOTHING : RECEIVE_FAILED;
}

static enum receive_result judge_feed(struct connection *connection,
                                      struct pattern *pattern, struct parser_pool *pool,
                                      const char *data, size_t bytes)
{
    size_t used;
    switch (framing_feed(&connection->framing, pattern, pool, data, bytes, &used)) {
    case FRAMING_REPLY:
        return used == bytes ? RECEIVE_REPLY : RECEIVE_MALFORMED;
    case FRAMING_MALFORMED:
        return RECEIVE_MALFORMED;
    case FRAMING_MORE:
        break;
    }
    return RECEIVE_SOME;
}

enum receive_result connection_read(struct connection *connection,
                                       struct pattern *pattern, struct parser_pool *pool,
                                       const struct receive_buffer *buffer, bool *drained)
{
    uint64_t left = framing_skippable(&connection->framing);
    if (left >= SKIP_FROM_BYTES)
        return skip_body(connection, left, buffer, drained);
    ssize_t got = recv(connection->fd, buffer->data, buffer->read_bytes, 0);
    if (got > 0) {
        *drained = (size_t)got < buffer->read_bytes;
        return judge_feed(connection, pattern, pool, buffer->data, (size_t)got);
    }
    *drained = true;
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? RECEIVE_NOTHING : RECEIVE_FAILED;
    return framing_end_of_stream(&connection->framing, pool) == FRAMING_REPLY
               ? RECEIVE_REPLY
               : RECEIVE_CLOSED;
}
