/* server_open.c - what a server has before it serves: its limits, its listening socket,
 * its shared memory. See server.h. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/address.h"
#include "servers/reply.h"
#include "servers/server_process.h"
#include "servers/server_shared.h"
#include "servers/shared_memory.h"

/* Descriptors that are not client connections: standard streams, epoll, eventfds, the
 * files and sockets of steps. */
#define OTHER_DESCRIPTORS 256

/* Threads of one server that may count at the same time: one per connection and some. */
#define OTHER_WORKERS 4352

/* ---- limits ----------------------------------------------------------------------- */

uint64_t server_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    /* Raising to the hard limit needs no privilege; if refused the soft one counts. */
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 && getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1024;
    return (uint64_t)limit.rlim_cur;
}

static int resolve_cap(struct server_settings *settings, struct error *error)
{
    uint64_t descriptors = server_raise_descriptor_limit();
    uint64_t most =
        descriptors > 2 * OTHER_DESCRIPTORS ? descriptors - OTHER_DESCRIPTORS : 0;
    /* Without any practical limit on descriptors the slots below still need one. */
    const uint64_t sane = 1000000;
    most = most < sane ? most : sane;
    if (most == 0)
        return error_set(error, -EMFILE,
                         "the limit of open files is %llu, at least %d are needed "
                         "(see ulimit -n)",
                         (unsigned long long)descriptors, 2 * OTHER_DESCRIPTORS + 1);
    if (settings->max_connections > most)
        return error_set(error, -EINVAL,
                         "--max-connections: expected at most %llu, as the limit of open "
                         "files is %llu, got %llu",
                         (unsigned long long)most, (unsigned long long)descriptors,
                         (unsigned long long)settings->max_connections);
    if (settings->max_connections == 0)
        settings->max_connections = most;
    return 0;
}

/* ---- the listening socket --------------------------------------------------------- */

int server_listen_on(const struct sockaddr *address, socklen_t length, bool shares_port)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        (!shares_port ||
         setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0) &&
        bind(fd, address, length) == 0 && listen(fd, SERVER_BACKLOG) == 0)
        return fd;
    int failure = errno;
    if (fd >= 0)
        close(fd);
    errno = failure;
    return -1;
}

static int open_listener(const char *text, struct error *error)
{
    char *host = NULL, *port = NULL;
    int result = address_split("--listen", text, &host, &port, error);
    if (result < 0)
        return result;
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int failure = getaddrinfo(host, port, &hints, &found);
    if (failure) {
        result = error_set(error, -EINVAL, "--listen: cannot use \"%s\": %s", text,
                           gai_strerror(failure));
    } else {
        result = server_listen_on(found->ai_addr, found->ai_addrlen, false);
        if (result < 0)
            result = error_set(error, -errno, "cannot listen on %s: %s", text,
                               strerror(errno));
        freeaddrinfo(found);
    }
    free(host);
    free(port);
    return result;
}

/* Where it really listens: the port may have been left to the system. */
static void describe_address(struct server *server)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char host[64] = "?", port[8] = "?";
    if (getsockname(server->listen_fd, (struct sockaddr *)&bound, &length) == 0)
        (void)getnameinfo((struct sockaddr *)&bound, length, host, sizeof host, port,
                          sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    bool is_v6 = strchr(host, ':') != NULL;
    snprintf(server->address, sizeof server->address, "%s%s%s:%s", is_v6 ? "[" : "", host,
             is_v6 ? "]" : "", port);
}

/* ---- shared memory ---------------------------------------------------------------- */

/* Accounts for the primary, for the most parts there may be, and for as many processes
 * as there may be connections. */
static int open_accounts(struct server_shared *shared, uint64_t most, struct error *error)
{
    shared->account_slots = (int)most + SERVER_MAX_PARTS + 1;
    shared->accounts_bytes =
        (size_t)shared->account_slots * sizeof(struct process_account);
    shared->free_account = NO_SLOT;
    shared->accounts = shared_memory_create(shared->accounts_bytes);
    shared->account_count = 1;
    return shared->accounts
               ? 0
               : error_set(error, -errno, "no memory for accounts: %s", strerror(errno));
}

static int open_shared(struct server *server, struct error *error)
{
    size_t slots = (size_t)server->settings.max_connections + OTHER_WORKERS;
    size_t bytes = sizeof(struct server_shared) + slots * sizeof(struct worker);
    struct server_shared *shared = shared_memory_create(bytes);
    if (!shared)
        return error_set(error, -errno, "no memory for counters: %s", strerror(errno));
    shared->mapped_bytes = bytes;
    shared->slots = (int)slots;
    shared->free_slot = NO_SLOT;
    shared_lock_init(&shared->lock);
    server->shared = shared;
    int result = open_accounts(shared, server->settings.max_connections, error);
    server->account = shared->accounts;
    return result;
}

/* ---- the whole -------------------------------------------------------------------- */

static const struct server nothing_open = {
    .listen_fd = -1, .stop_fd = -1, .capacity_fd = -1, .hand_fd = -1};

int server_open(struct server *server, const struct server_settings *settings,
                const struct op *const *list, struct error *error)
{
    *server = nothing_open;
    server->settings = *settings;
    int result = resolve_cap(&server->settings, error);
    if (result == 0)
        result = open_shared(server, error);
    if (result < 0)
        goto failed;
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->capacity_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->stop_fd < 0 || server->capacity_fd < 0) {
        result = error_set(error, -errno, "no event descriptor: %s", strerror(errno));
        goto failed;
    }
    server->shared->parts[0].capacity_fd = server->capacity_fd;
    server->shared->part_count = 1;
    result = ops_open(&server->ops, list, &server->settings.ops, error);
    if (result < 0)
        goto failed;
    server->body = reply_body_create();
    result = open_listener(settings->listen, error);
    if (result < 0)
        goto failed;
    server->listen_fd = result;
    describe_address(server);
    return 0;
failed:
    server_close(server);
    return result;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void server_close(struct server *server)
{
    close_if_open(server->listen_fd);
    close_if_open(server->stop_fd);
    close_if_open(server->capacity_fd);
    ops_close(server->ops);
    reply_body_free(server->body);
    if (server->shared) {
        pthread_mutex_destroy(&server->shared->lock);
        shared_memory_free(server->shared->accounts, server->shared->accounts_bytes);
        shared_memory_free(server->shared, server->shared->mapped_bytes);
    }
    *server = nothing_open;
}
