/* client_connection.c - see client_connection.h. */
#include "loadgen/engine/client_connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* The rest of a body is discarded in the kernel from this length on, and not copied. */
#define SKIP_FROM_BYTES 16384

/*
 * IP_BIND_ADDRESS_NO_PORT: the kernel chooses the port in connect(). A port that is
 * chosen in bind() is taken for all destinations, and not for one.
 */
static int bind_to_source(int fd, unsigned source)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + source),
    };
    int one = 1;
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one) < 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    return 0;
}

static int set_up_socket(int fd, uint64_t tag, const struct connect_options *options)
{
    int one = 1;
    if (options->target->address.socket.ss_family != AF_UNIX &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
        return -errno;
    if (options->receive_buffer_bytes &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options->receive_buffer_bytes,
                   sizeof options->receive_buffer_bytes) < 0)
        return -errno;
    if (options->sources->current && target_has_spare_sources(options->target)) {
        int result = bind_to_source(fd, options->sources->current);
        if (result < 0)
            return result;
    }
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.u64 = tag,
    };
    return epoll_ctl(options->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* One attempt, from the source address in use. A descriptor or -errno. */
static int open_socket(uint64_t tag, const struct connect_options *options)
{
    const struct target *target = options->target;
    int fd = socket(target->address.socket.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int result = set_up_socket(fd, tag, options);
    if (result == 0 &&
        connect(fd, (const struct sockaddr *)&target->address.socket,
                target->address.bytes) < 0 &&
        errno != EINPROGRESS)
        result = -errno;
    if (result == 0)
        return fd;
    close(fd);
    return result;
}

static void next_source(struct sources *sources, unsigned most)
{
    sources->current = (sources->current + 1) % most;
    sources->used = 0;
}

int client_connection_open(struct client_connection *connection, uint32_t index,
                           const struct connect_options *options)
{
    struct sources *sources = options->sources;
    bool spare = target_has_spare_sources(options->target);
    unsigned most = spare ? sources->most : 1;
    int fd = -EADDRNOTAVAIL;
    if (spare && sources->used++ >= SOURCE_TURN)
        next_source(sources, most);
    for (unsigned tried = 0; tried < most && fd == -EADDRNOTAVAIL; tried++) {
        if (tried)
            next_source(sources, most);
        connection->generation++;
        fd = open_socket(client_connection_tag(index, connection->generation), options);
    }
    if (fd < 0)
        return fd;
    connection->fd = fd;
    connection->begun = 0;
    connection->last_begun = false;
    connection->state = CONNECTION_OPENING;
    return 0;
}

int client_connection_opened(struct client_connection *connection)
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

void client_connection_close(struct client_connection *connection,
                             struct parser_pool *pool)
{
    framing_reset(&connection->framing, pool);
    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = -1;
    connection->state = CONNECTION_CLOSED;
}

static bool is_transient(int code)
{
    return code == EAGAIN || code == EINTR;
}

ssize_t client_connection_write(struct client_connection *connection, struct iovec *parts,
                                size_t count)
{
    ssize_t wrote;
    if (count == 1) {
        wrote = send(connection->fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL);
    } else {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
        wrote = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
    }
    if (wrote >= 0)
        return wrote;
    return is_transient(errno) ? 0 : -errno;
}

ssize_t client_connection_read(struct client_connection *connection,
                               const struct receive_buffer *buffer, bool *drained)
{
    size_t wanted = buffer->read_bytes;
    int flags = 0;
    uint64_t left = framing_skippable(&connection->framing);
    if (left >= SKIP_FROM_BYTES) {
        wanted = left < buffer->capacity ? (size_t)left : buffer->capacity;
        flags = MSG_TRUNC;
    }
    ssize_t got = recv(connection->fd, buffer->data, wanted, flags);
    *drained = got < (ssize_t)wanted;
    return got < 0 ? -errno : got;
}
