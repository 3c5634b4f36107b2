/* server_accept.c - accepting connections under the cap that all parts of a server share,
 * and handing them from the primary to another process. See server.h. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "servers/event.h"
#include "servers/handover.h"
#include "servers/server_process.h"
#include "servers/server_shared.h"

/* ---- the cap ---------------------------------------------------------------------- */

static bool take_place(struct server_shared *shared, uint64_t most)
{
    if (atomic_fetch_add(&shared->connections, 1) < most)
        return true;
    atomic_fetch_sub(&shared->connections, 1);
    return false;
}

void server_wake_paused(struct server_shared *shared)
{
    if (!atomic_load(&shared->paused) || !atomic_exchange(&shared->paused, false))
        return;
    for (int i = 0; i < shared->part_count; i++)
        if (atomic_exchange(&shared->parts[i].paused, false))
            event_raise(shared->parts[i].capacity_fd);
}

/* Backpressure: the next connection that is closed raises capacity_fd. */
static int pause_accepting(struct server *server, struct worker *worker)
{
    atomic_store(&server->shared->parts[server->part_index].paused, true);
    atomic_store(&server->shared->paused, true);
    worker_count(&worker->paused, 1);
    return -EMFILE;
}

static int pause_at_cap(struct server *server, struct worker *worker)
{
    int result = pause_accepting(server, worker);
    /* A connection closed before the flag was up raised nothing: look again. */
    if (atomic_load(&server->shared->connections) < server->settings.max_connections)
        event_raise(server->capacity_fd);
    return result;
}

void server_closed(struct server *server)
{
    atomic_fetch_sub(&server->account->connections, 1);
    atomic_fetch_sub(&server->shared->connections, 1);
    server_wake_paused(server->shared);
}

/* ---- accepting -------------------------------------------------------------------- */

static int welcome(struct server *server, int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    atomic_fetch_add(&server->account->connections, 1);
    return fd;
}

int server_accept_to_hand(struct server *server, struct worker *worker, int flags)
{
    struct server_shared *shared = server->shared;
    if (!take_place(shared, server->settings.max_connections))
        return pause_at_cap(server, worker);
    int fd;
    do
        fd = accept4(server->listen_fd, NULL, NULL, flags | SOCK_CLOEXEC);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd >= 0)
        return welcome(server, fd);
    int failure = errno;
    atomic_fetch_sub(&shared->connections, 1);
    if (failure == EAGAIN || failure == EWOULDBLOCK)
        return -EAGAIN;
    /* Out of descriptors or memory below the cap: a connection that closes frees some. */
    return pause_accepting(server, worker);
}

int server_admit(struct server *server, struct worker *worker, int accepted)
{
    if (accepted == -EAGAIN || accepted == -ECONNABORTED || accepted == -EINTR)
        return -EAGAIN;
    if (accepted < 0)
        return pause_accepting(server, worker);
    if (!take_place(server->shared, server->settings.max_connections))
        return pause_at_cap(server, worker);
    worker_count(&worker->accepted, 1);
    return welcome(server, accepted);
}

/* ---- handing over ----------------------------------------------------------------- */

int server_hand(struct server *part, int fd)
{
    _Atomic uint64_t *handed = &part->shared->parts[part->part_index].handed;
    atomic_fetch_add(handed, 1);
    int result = handover_send(part->hand_fd, fd);
    if (result < 0)
        atomic_fetch_sub(handed, 1);
    return result;
}

uint64_t server_count_handed(const struct server *part)
{
    return atomic_load(&part->shared->parts[part->part_index].handed);
}

/* The next connection handed to this part. It counted for the primary on its way. */
static int take_handed(struct server *part, struct worker *worker)
{
    int fd = handover_receive(part->listen_fd);
    if (fd == -EAGAIN)
        return fd;
    atomic_fetch_sub(&part->shared->parts[part->part_index].handed, 1);
    atomic_fetch_sub(&part->shared->accounts->connections, 1);
    atomic_fetch_add(&part->account->connections, 1);
    if (fd >= 0)
        return fd;
    worker_count(&worker->refused, 1);
    server_closed(part);
    return -EAGAIN;
}

int server_accept(struct server *server, struct worker *worker, int flags)
{
    int fd = server->hand_fd >= 0 ? take_handed(server, worker)
                                  : server_accept_to_hand(server, worker, flags);
    if (fd >= 0)
        worker_count(&worker->accepted, 1);
    return fd;
}
