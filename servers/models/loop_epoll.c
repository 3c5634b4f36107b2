/*
 * loop_epoll.c - the loop with nothing between it and the system: readiness from epoll,
 * one recv and one send for a request.
 *
 * A client's socket is registered for reading once; it is touched again only while
 * replies do not fit into it, or its input is not wanted. The wait is as long as the
 * earliest time that anything waits for, to the nanosecond (epoll_pwait2).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "servers/event.h"
#include "servers/models/loop_core.h"

#define EVENTS 256

/* The source of an event. data.ptr points to one of these, in a loop or a client. */
enum event_source {
    SOURCE_LISTENER,
    SOURCE_CAPACITY,
    SOURCE_STOP,
    SOURCE_WAKE,
    SOURCE_CLIENT,
    SOURCE_STEP
};

struct epoll_loop {
    struct loop loop;
    int epoll_fd, wake_fd;
    enum event_source listener, capacity, stop, wake;
    bool finished;
    uint64_t idle_ns;
    struct epoll_client *dead; /* deferred free: later events may still refer to them */
    char read_buffer[CONNECTION_READ_BYTES];
};

struct epoll_client {
    struct loop_client client;
    enum event_source socket, step;
    uint32_t events;          /* that the socket is registered for */
    int step_fd;              /* that the step is registered with, or -1 */
    struct output_rest *rest; /* of a batch that the socket had no room for */
    struct epoll_client *next_dead;
};

static struct epoll_loop *loop_of(struct loop *loop)
{
    return CONTAINER_OF(loop, struct epoll_loop, loop);
}

static struct epoll_client *client_of(struct loop_client *client)
{
    return CONTAINER_OF(client, struct epoll_client, client);
}

static int control(const struct epoll_loop *own, int operation, int fd, uint32_t events,
                   enum event_source *source)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(own->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

/* ---- clients ----------------------------------------------------------------------- */

static int set_events(struct epoll_client *own, uint32_t events)
{
    if (events == own->events)
        return 0;
    own->events = events;
    return control(loop_of(own->client.loop), EPOLL_CTL_MOD, own->client.fd, events,
                   &own->socket);
}

static int add(struct loop_client *client)
{
    struct epoll_client *own = client_of(client);
    own->socket = SOURCE_CLIENT;
    own->step = SOURCE_STEP;
    own->step_fd = -1;
    own->events = EPOLLIN;
    return control(loop_of(client->loop), EPOLL_CTL_ADD, client->fd, EPOLLIN,
                   &own->socket);
}

static int set_reading(struct loop_client *client, bool wanted)
{
    struct epoll_client *own = client_of(client);
    return set_events(own,
                      wanted ? own->events | EPOLLIN : own->events & ~(uint32_t)EPOLLIN);
}

/* The socket leaves the set with its last descriptor. */
static void close_client(struct loop_client *client)
{
    struct epoll_client *own = client_of(client);
    struct epoll_loop *loop = loop_of(client->loop);
    close(client->fd);
    own->next_dead = loop->dead;
    loop->dead = own;
}

static void bury_dead(struct epoll_loop *own)
{
    struct epoll_client *dead;
    while ((dead = own->dead)) {
        own->dead = dead->next_dead;
        free(dead->rest);
        loop_drop(&dead->client);
    }
}

static int send_output(struct loop_client *client, struct output *output)
{
    struct epoll_client *own = client_of(client);
    ssize_t sent = output_send(output, client->fd);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    if (sent > 0)
        output_consume(output, (size_t)sent);
    if (output_is_empty(output))
        return 0;
    own->rest = output_detach(output);
    if (!own->rest)
        return -ENOMEM;
    int result = set_events(own, own->events | EPOLLOUT);
    return result < 0 ? result : 1;
}

/* The socket has room again. */
static void send_rest(struct epoll_client *own)
{
    struct output_rest *rest = own->rest;
    struct msghdr message = {
        .msg_iov = &rest->parts[rest->first],
        .msg_iovlen = (size_t)(rest->end - rest->first),
    };
    ssize_t sent = sendmsg(own->client.fd, &message, MSG_NOSIGNAL);
    int status = sent < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
    if (status == 0 && (sent < 0 || output_rest_consume(rest, (size_t)sent)))
        return;
    free(rest);
    own->rest = NULL;
    if (status == 0)
        status = set_events(own, own->events & ~(uint32_t)EPOLLOUT);
    loop_sent(&own->client, status);
}

/*
 * Reads as long as the buffer comes full: a shorter read has emptied the socket. The
 * others get their turn in between, since what is left makes it ready again.
 */
static void receive(struct epoll_client *own)
{
    char *buffer = loop_of(own->client.loop)->read_buffer;
    ssize_t got = recv(own->client.fd, buffer, CONNECTION_READ_BYTES, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got == 0)
        /* Level-triggered: the end of input would be reported again and again. */
        set_events(own, own->events & ~(uint32_t)EPOLLIN);
    loop_received(&own->client, buffer, got < 0 ? -errno : got);
}

static void on_socket(struct epoll_client *own, uint32_t events)
{
    if (events & EPOLLOUT && !own->client.closing && own->rest)
        send_rest(own);
    bool told_to_read = own->events & EPOLLIN && events & (EPOLLIN | EPOLLHUP | EPOLLERR);
    if (own->client.closing)
        return;
    if (told_to_read)
        receive(own);
    else if (events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLOUT))
        loop_received(&own->client, NULL, -ECONNRESET); /* no read will find it */
}

/* ---- steps ------------------------------------------------------------------------- */

static int watch(struct loop_client *client, int fd, bool writable)
{
    struct epoll_client *own = client_of(client);
    int result = control(loop_of(client->loop), EPOLL_CTL_ADD, fd,
                         writable ? EPOLLOUT : EPOLLIN, &own->step);
    if (result == 0)
        own->step_fd = fd;
    return result;
}

/* A step may have closed its descriptor, and that has taken it off already. */
static void unwatch(struct loop_client *client)
{
    struct epoll_client *own = client_of(client);
    (void)!control(loop_of(client->loop), EPOLL_CTL_DEL, own->step_fd, 0, NULL);
    own->step_fd = -1;
}

/* ---- the loop ---------------------------------------------------------------------- */

static void listen_or_not(struct loop *loop, bool wanted)
{
    struct epoll_loop *own = loop_of(loop);
    control(own, EPOLL_CTL_MOD, loop->service.server->listen_fd, wanted ? EPOLLIN : 0,
            &own->listener);
}

static void stop(struct epoll_loop *own)
{
    const struct server *server = own->loop.service.server;
    control(own, EPOLL_CTL_DEL, server->stop_fd, 0, NULL);
    control(own, EPOLL_CTL_DEL, server->listen_fd, 0, NULL);
    loop_stop(&own->loop);
}

static void on_event(struct epoll_loop *own, const struct epoll_event *event)
{
    enum event_source *source = event->data.ptr;
    struct epoll_client *client;
    switch (*source) {
    case SOURCE_CLIENT:
        client = CONTAINER_OF(source, struct epoll_client, socket);
        if (!client->client.closing)
            on_socket(client, event->events);
        break;
    case SOURCE_STEP:
        client = CONTAINER_OF(source, struct epoll_client, step);
        if (client->step_fd >= 0)
            loop_step_ready(&client->client);
        break;
    case SOURCE_WAKE:
        event_drain(own->wake_fd);
        loop_take_back(&own->loop);
        break;
    case SOURCE_LISTENER:
        loop_accept(&own->loop);
        break;
    case SOURCE_CAPACITY:
        loop_has_capacity(&own->loop);
        break;
    case SOURCE_STOP:
        stop(own);
        break;
    }
}

/* Sleeps until something happens or is due. */
static int sleep_until_event(struct epoll_loop *own, struct epoll_event *events)
{
    uint64_t due_ns = loop_due_ns(&own->loop), before_ns = clock_now_ns();
    uint64_t left_ns = due_ns > before_ns ? due_ns - before_ns : 0;
    struct timespec left = {.tv_sec = (time_t)(left_ns / NS_PER_S),
                            .tv_nsec = (long)(left_ns % NS_PER_S)};
    int count = epoll_pwait2(own->epoll_fd, events, EVENTS, due_ns ? &left : NULL, NULL);
    own->loop.now_ns = clock_now_ns();
    own->idle_ns += own->loop.now_ns - before_ns;
    return count;
}

static void run(struct loop *loop)
{
    struct epoll_loop *own = loop_of(loop);
    struct epoll_event events[EVENTS];
    while (!own->finished) {
        int count = sleep_until_event(own, events);
        for (int i = 0; i < count; i++)
            on_event(own, &events[i]);
        loop_run_due(loop);
        bury_dead(own);
    }
}

static void finish(struct loop *loop)
{
    loop_of(loop)->finished = true;
}

static int open_loop(struct loop *loop, struct error *error)
{
    struct epoll_loop *own = loop_of(loop);
    const struct server *server = loop->service.server;
    own->listener = SOURCE_LISTENER;
    own->capacity = SOURCE_CAPACITY;
    own->stop = SOURCE_STOP;
    own->wake = SOURCE_WAKE;
    own->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    own->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int result = own->epoll_fd < 0 || own->wake_fd < 0 ? -errno : 0;
    if (result == 0)
        result = control(own, EPOLL_CTL_ADD, own->wake_fd, EPOLLIN, &own->wake);
    if (result == 0)
        result = control(own, EPOLL_CTL_ADD, server->stop_fd, EPOLLIN, &own->stop);
    if (result == 0)
        result =
            control(own, EPOLL_CTL_ADD, server->capacity_fd, EPOLLIN, &own->capacity);
    if (result == 0)
        result = control(own, EPOLL_CTL_ADD, server->listen_fd, EPOLLIN, &own->listener);
    return result < 0
               ? error_set(error, result, "cannot open a loop: %s", strerror(-result))
               : 0;
}

static void close_loop(struct loop *loop)
{
    struct epoll_loop *own = loop_of(loop);
    bury_dead(own);
    if (own->epoll_fd >= 0)
        close(own->epoll_fd);
    if (own->wake_fd >= 0)
        close(own->wake_fd);
}

static void wake(struct loop *loop)
{
    event_raise(loop_of(loop)->wake_fd);
}

static uint64_t idle_ns(const struct loop *loop)
{
    return ((const struct epoll_loop *)(const void *)loop)
        ->idle_ns; /* its first member */
}

const struct loop_backend epoll_backend = {
    .loop_bytes = sizeof(struct epoll_loop),
    .client_bytes = sizeof(struct epoll_client),
    .open = open_loop,
    .listen = listen_or_not,
    .run = run,
    .finish = finish,
    .close = close_loop,
    .wake = wake,
    .idle_ns = idle_ns,
    .add = add,
    .set_reading = set_reading,
    .send = send_output,
    .watch = watch,
    .unwatch = unwatch,
    .close_client = close_client,
};
