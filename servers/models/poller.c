/* poller.c - see poller.h. */
#include "servers/models/poller.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sanitizer.h"
#include "servers/event.h"

#define EVENTS 256

/*
 * A client that is watched again becomes another thread's. The kernel orders that: the
 * event cannot come before the call that asks for it. ThreadSanitizer does not know
 * this about EPOLL_CTL_MOD, and has to be told at both ends; what the call itself does
 * with the descriptor comes after the one end, and is to be left out.
 */
#if HAS_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#define GIVE_AWAY(client) __tsan_release(client)
#define TAKE_OVER(client) __tsan_acquire(client)
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:poller_watch_again";
}
#else
#define GIVE_AWAY(client) ((void)(client))
#define TAKE_OVER(client) ((void)(client))
#endif

static int watch(struct poller *poller, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    return epoll_ctl(poller->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* An event's pointer is a client's, or the address of the server's field that holds the
 * descriptor. */
int poller_open(struct poller *poller, struct server *server, struct worker *worker,
                bool one_shot, struct error *error)
{
    *poller = (struct poller){
        .server = server,
        .worker = worker,
        .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
        .one_shot = one_shot,
    };
    int result = poller->epoll_fd < 0 ? -errno : 0;
    if (result == 0)
        result = watch(poller, server->stop_fd, &server->stop_fd);
    if (result == 0)
        result = watch(poller, server->capacity_fd, &server->capacity_fd);
    if (result == 0)
        result = watch(poller, server->listen_fd, &server->listen_fd);
    if (result < 0) {
        if (poller->epoll_fd >= 0)
            close(poller->epoll_fd);
        return error_set(error, result, "cannot wait for clients: %s", strerror(-result));
    }
    clients_init(&poller->clients, server);
    return 0;
}

void poller_close(struct poller *poller)
{
    clients_release(&poller->clients);
    close(poller->epoll_fd);
}

/* ---- accepting -------------------------------------------------------------------- */

static void set_listening(struct poller *poller, bool listening)
{
    struct epoll_event event = {.events = listening ? EPOLLIN : 0,
                                .data.ptr = &poller->server->listen_fd};
    epoll_ctl(poller->epoll_fd, EPOLL_CTL_MOD, poller->server->listen_fd, &event);
}

static void accept_clients(struct poller *poller)
{
    int fd;
    while ((fd = server_accept(poller->server, poller->worker, 0)) >= 0) {
        struct client *client = clients_add(&poller->clients, poller->worker, fd);
        if (!client)
            continue;
        struct epoll_event event = {
            .events = EPOLLIN | (poller->one_shot ? EPOLLONESHOT : 0),
            .data.ptr = client,
        };
        if (epoll_ctl(poller->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
            clients_refuse(poller->worker, client);
    }
    if (fd == -EMFILE)
        set_listening(poller, false); /* until capacity_fd is raised */
}

/* ---- ending ----------------------------------------------------------------------- */

static void begin_draining(struct poller *poller)
{
    epoll_ctl(poller->epoll_fd, EPOLL_CTL_DEL, poller->server->stop_fd, NULL);
    epoll_ctl(poller->epoll_fd, EPOLL_CTL_DEL, poller->server->listen_fd, NULL);
    if (!poller->drains)
        clients_drain(&poller->clients);
    poller->drains = true;
}

void poller_forget(struct poller *poller, struct client *client)
{
    /* epoll watches the open socket, not its number: as long as the process that handed
     * it over has its copy, closing this one would leave it watched. */
    if (poller->server->hand_fd >= 0)
        epoll_ctl(poller->epoll_fd, EPOLL_CTL_DEL, client->fd, NULL);
    clients_remove(client);
    /* The poller may be asleep with nobody left to wait for: this wakes it again. */
    if (server_is_stopping(poller->server) && clients_is_empty(&poller->clients))
        watch(poller, poller->server->stop_fd, &poller->server->stop_fd);
}

static void end_idle_clients(struct poller *poller)
{
    uint64_t now_ns = clock_now_ns();
    if (now_ns < poller->next_look_ns)
        return;
    poller->next_look_ns = now_ns + server_idle_check_ns(poller->server);
    clients_end_idle(&poller->clients, now_ns);
}

/* ---- waiting ---------------------------------------------------------------------- */

bool poller_wait(struct poller *poller, bool may_sleep,
                 void (*ready)(void *context, struct client *client), void *context)
{
    struct server *server = poller->server;
    struct epoll_event events[EVENTS];
    int limit_ms = may_sleep ? (int)(server_idle_check_ns(server) / NS_PER_MS) : 0;
    int count = epoll_wait(poller->epoll_fd, events, EVENTS, limit_ms);
    for (int i = 0; i < count; i++) {
        void *what = events[i].data.ptr;
        TAKE_OVER(what);
        if (what == &server->listen_fd) {
            if (!poller->drains)
                accept_clients(poller);
        } else if (what == &server->capacity_fd) {
            event_drain(server->capacity_fd);
            set_listening(poller, true);
        } else if (what == &server->stop_fd) {
            begin_draining(poller);
        } else {
            struct client *client = what;
            /* Acquires what the thread that served the client last has written. */
            if (poller->one_shot)
                atomic_exchange(&client->is_served, true);
            ready(context, client);
        }
    }
    end_idle_clients(poller);
    return !poller->drains || !clients_is_empty(&poller->clients);
}

void poller_watch_again(struct poller *poller, struct client *client)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = client};
    client_was_active(client);
    int fd = client->fd;
    atomic_store(&client->is_served, false);
    GIVE_AWAY(client);
    epoll_ctl(poller->epoll_fd, EPOLL_CTL_MOD, fd, &event);
}
