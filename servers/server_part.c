/* server_part.c - the parts of a server that several loops or processes serve. See
 * server_split in server.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "servers/handover.h"
#include "servers/server_shared.h"

/*
 * SO_REUSEPORT. The first part takes the server's listener, which would get its share of
 * the connections in any case; the others listen on the same address. All stay open in
 * the primary: when a worker dies, its successor finds what waits in its backlog.
 */
static int open_own_listener(const struct server *server)
{
    if (server->shared->part_count == 1) {
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

/* Both ends stay open in the primary, as above. */
static int open_channel(struct server *part)
{
    int ends[2];
    if (handover_open(ends) < 0)
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
    if (shared->part_count == PART_SLOTS)
        return error_set(error, -EINVAL, "a server has %d parts at most",
                         SERVER_MAX_PARTS);
    *part = *server;
    part->listen_fd = open_entry(part, server, entry);
    part->capacity_fd = part->listen_fd < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (part->capacity_fd < 0) {
        int failure = errno;
        server_close_part(part);
        return error_set(error, -failure, "cannot open part %d of the server: %s",
                         shared->part_count, strerror(failure));
    }
    part->part_index = shared->part_count++;
    shared->parts[part->part_index].capacity_fd = part->capacity_fd;
    return 0;
}

void server_close_part(struct server *part)
{
    const int fds[] = {part->listen_fd, part->capacity_fd, part->hand_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    part->listen_fd = part->capacity_fd = part->hand_fd = -1;
}
