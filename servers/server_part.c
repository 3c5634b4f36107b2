/* part.c - parts of a server, see server_split in server.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "servers/server_process.h"
#include "servers/server_shared.h"

/* ---- entries ---------------------------------------------------------------------- */

/*
 * The first part takes the server's listener, which would get its share of the
 * connections in any case; the others listen on the same address. All stay open in the
 * primary: when a worker dies, what waits in its backlog is its successor's.
 */
static int open_own_listener(const struct server *server)
{
    if (server->shared->room_count == 1) {
        int one = 1;
        return setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one)
                   ? -1
                   : fcntl(server->listen_fd, F_DUPFD_CLOEXEC, 0);
    }
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    if (getsockname(server->listen_fd, (struct sockaddr *)&bound, &length) < 0)
        return -1;
    return server_listen_on((struct sockaddr *)&bound, length, true);
}

/* Whole messages, and an end for each side; both stay open in the primary, as above. */
static int open_channel(struct server *part)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    part->hand_fd = ends[0];
    return ends[1];
}

static int open_entry(struct server *part, const struct server *server,
                      enum server_entry entry)
{
    switch (entry) {
    case SERVER_OWN_LISTENER:
        return open_own_listener(server);
    case SERVER_HANDED:
        return open_channel(part);
    case SERVER_SAME_LISTENER:
        break;
    }
    return fcntl(server->listen_fd, F_DUPFD_CLOEXEC, 0);
}

int server_split(struct server *part, struct server *server, enum server_entry entry,
                 struct error *error)
{
    struct server_shared *shared = server->shared;
    if (shared->room_count == SERVER_ROOMS)
        return error_set(error, -EINVAL, "a server has %d parts at most",
                         SERVER_PARTS_MOST);
    *part = *server;
    part->listen_fd = open_entry(part, server, entry);
    part->room_fd = part->listen_fd < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (part->room_fd < 0) {
        int failure = errno;
        server_close_part(part);
        return error_set(error, -failure, "cannot open part %d of the server: %s",
                         shared->room_count, strerror(failure));
    }
    part->room = shared->room_count++;
    shared->rooms[part->room].room_fd = part->room_fd;
    return 0;
}

void server_close_part(struct server *part)
{
    const int fds[] = {part->listen_fd, part->room_fd, part->hand_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    part->listen_fd = part->room_fd = part->hand_fd = -1;
}

/* ---- handing sockets over --------------------------------------------------------- */

/* A message of one byte, which says nothing, and room for one descriptor. */
struct envelope {
    struct msghdr header;
    struct iovec part;
    char byte;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
};

static void envelope_init(struct envelope *envelope)
{
    memset(envelope, 0, sizeof *envelope);
    envelope->part = (struct iovec){&envelope->byte, 1};
    envelope->header = (struct msghdr){
        .msg_iov = &envelope->part,
        .msg_iovlen = 1,
        .msg_control = envelope->control,
        .msg_controllen = sizeof envelope->control,
    };
}

int server_hand(struct server *part, int fd)
{
    struct envelope envelope;
    envelope_init(&envelope);
    struct cmsghdr *content = CMSG_FIRSTHDR(&envelope.header);
    content->cmsg_level = SOL_SOCKET;
    content->cmsg_type = SCM_RIGHTS;
    content->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(content), &fd, sizeof fd);
    struct room *room = &part->shared->rooms[part->room];
    atomic_fetch_add(&room->handed, 1);
    ssize_t sent;
    do
        sent = sendmsg(part->hand_fd, &envelope.header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        int failure = errno;
        atomic_fetch_sub(&room->handed, 1);
        return failure == EWOULDBLOCK ? -EAGAIN : -failure;
    }
    close(fd);
    return 0;
}

uint64_t server_count_handed(const struct server *part)
{
    return atomic_load(&part->shared->rooms[part->room].handed);
}

/* Until now the primary, which had accepted it, answered for it. */
static void take_over(struct server *server)
{
    atomic_fetch_sub(&server->shared->rooms[server->room].handed, 1);
    atomic_fetch_sub(&server->shared->processes->connections, 1);
    atomic_fetch_add(&server->process->connections, 1);
}

int server_take_handed(struct server *server, struct worker *worker)
{
    struct envelope envelope;
    envelope_init(&envelope);
    ssize_t got;
    do
        got = recvmsg(server->listen_fd, &envelope.header, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return -EAGAIN;
    take_over(server);
    int fd = -1;
    const struct cmsghdr *content = CMSG_FIRSTHDR(&envelope.header);
    if (content && content->cmsg_len >= CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(content), sizeof fd);
    if (fd >= 0)
        return fd;
    /* This process has no descriptor left for it, so the system has closed it. */
    worker_count(&worker->refused, 1);
    server_closed(server);
    return -EAGAIN;
}
