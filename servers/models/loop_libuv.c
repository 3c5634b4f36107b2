/*
 * loop_libuv.c - the loop as libuv runs it: streams for the clients, its pool for what
 * blocks. Node.js stands on the same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "servers/models/loop_core.h"

_Static_assert(sizeof(uv_buf_t) == sizeof(struct iovec) &&
                   offsetof(uv_buf_t, base) == offsetof(struct iovec, iov_base) &&
                   offsetof(uv_buf_t, len) == offsetof(struct iovec, iov_len),
               "libuv declares its buffers to be the system's");

struct libuv_loop {
    struct loop loop;
    uv_loop_t uv;
    uv_poll_t listener, capacity, stop;
    int alarm_fd;      /* a timerfd: goes off at the earliest time that is waited for */
    uint64_t alarm_ns; /* what it is set to; 0: not set */
    uv_poll_t alarm;
    uv_prepare_t before_sleep; /* sets the alarm */
    uv_async_t wake;
    char read_buffer[CONNECTION_READ_BYTES];
};

struct libuv_client {
    struct loop_client client;
    uv_tcp_t tcp;
    uv_work_t work;
    struct libuv_poll *poll;
};

static struct libuv_loop *loop_of(struct loop *loop)
{
    return CONTAINER_OF(loop, struct libuv_loop, loop);
}

static struct libuv_client *client_of(struct loop_client *client)
{
    return CONTAINER_OF(client, struct libuv_client, client);
}

/* To be called first in every callback that may touch a client. */
static void note_time(struct loop *loop)
{
    loop->now_ns = uv_now(&loop_of(loop)->uv) * NS_PER_MS;
}

/* ---- clients ---------------------------------------------------------------------- */

static void on_buffer_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct loop_client *client = handle->data;
    *buffer = uv_buf_init(loop_of(client->loop)->read_buffer, CONNECTION_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct loop_client *client = stream->data;
    if (length == 0)
        return;
    note_time(client->loop);
    loop_received(client, buffer->base, length == UV_EOF ? 0 : length);
}

static int set_reading(struct loop_client *client, bool wanted)
{
    uv_stream_t *stream = (uv_stream_t *)&client_of(client)->tcp;
    return wanted ? uv_read_start(stream, on_buffer_wanted, on_read)
                  : uv_read_stop(stream);
}

static int add(struct loop_client *client)
{
    struct libuv_client *own = client_of(client);
    own->tcp.data = own->work.data = client;
    uv_tcp_init(&loop_of(client->loop)->uv, &own->tcp);
    int result = uv_tcp_open(&own->tcp, client->fd);
    if (result < 0)
        close(client->fd); /* the handle has not taken it over */
    return result;
}

static void on_client_closed(uv_handle_t *handle)
{
    loop_drop(handle->data);
}

static void close_client(struct loop_client *client)
{
    uv_close((uv_handle_t *)&client_of(client)->tcp, on_client_closed);
}

/* What did not fit into the socket's buffer. */
struct pending_write {
    uv_write_t request;
    struct loop_client *client;
    struct output_rest *rest;
};

static void on_written(uv_write_t *request, int status)
{
    struct pending_write *pending = CONTAINER_OF(request, struct pending_write, request);
    struct loop_client *client = pending->client;
    free(pending->rest);
    free(pending);
    note_time(client->loop);
    loop_sent(client, status);
}

static int write_later(struct loop_client *client, const struct output *output)
{
    struct pending_write *pending = malloc(sizeof *pending);
    struct output_rest *rest = output_detach(output);
    int result = UV_ENOMEM;
    if (pending && rest) {
        pending->client = client;
        pending->rest = rest;
        result = uv_write(&pending->request, (uv_stream_t *)&client_of(client)->tcp,
                          (const uv_buf_t *)rest->parts, (unsigned)rest->end, on_written);
    }
    if (result == 0)
        return 1;
    free(rest);
    free(pending);
    return result;
}

static int send_output(struct loop_client *client, struct output *output)
{
    int sent = uv_try_write((uv_stream_t *)&client_of(client)->tcp,
                            (const uv_buf_t *)&output->parts[output->first],
                            (unsigned)(output->end - output->first));
    if (sent < 0 && sent != UV_EAGAIN)
        return sent;
    if (sent > 0)
        output_consume(output, (size_t)sent);
    return output_is_empty(output) ? 0 : write_later(client, output);
}

/* ---- steps ------------------------------------------------------------------------ */

struct libuv_poll {
    uv_poll_t handle;
};

static void on_poll(uv_poll_t *handle, int status, int events)
{
    /* Errors are the step's to find: it will look at its descriptor. */
    (void)status;
    (void)events;
    struct loop_client *client = handle->data;
    note_time(client->loop);
    loop_step_ready(client);
}

static int watch(struct loop_client *client, int fd, bool writable)
{
    struct libuv_poll *poll = malloc(sizeof *poll);
    if (!poll)
        return -ENOMEM;
    int result = uv_poll_init(&loop_of(client->loop)->uv, &poll->handle, fd);
    if (result < 0) {
        free(poll);
        return result;
    }
    poll->handle.data = client;
    client_of(client)->poll = poll;
    /* Fails only for handles that are being closed. */
    return uv_poll_start(&poll->handle, writable ? UV_WRITABLE : UV_READABLE, on_poll);
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(CONTAINER_OF(handle, struct libuv_poll, handle));
}

static void unwatch(struct loop_client *client)
{
    struct libuv_client *own = client_of(client);
    uv_close((uv_handle_t *)&own->poll->handle, on_poll_closed);
    own->poll = NULL;
}

static void run_job(uv_work_t *work)
{
    struct loop_client *client = work->data;
    job_run(client->connection.job);
}

static void on_job_run(uv_work_t *work, int status)
{
    (void)status;
    struct loop_client *client = work->data;
    note_time(client->loop);
    loop_come_back(client);
}

static void run_on_pool(struct loop_client *client)
{
    uv_queue_work(&loop_of(client->loop)->uv, &client_of(client)->work, run_job,
                  on_job_run);
}

/* ---- times ------------------------------------------------------------------------ */

/*
 * The loop's own timers count whole milliseconds, and so would make steps that stand
 * for I/O end in bunches. A timerfd ends each when it is due, and is set at most once
 * per turn of the loop. What fell due in this turn comes now: the alarm's event would
 * stand behind those that are ready already.
 */
static void set_alarm(uv_prepare_t *before_sleep)
{
    struct libuv_loop *own = before_sleep->data;
    loop_run_due(&own->loop);
    uint64_t due_ns = loop_due_ns(&own->loop);
    if (due_ns == own->alarm_ns)
        return;
    struct itimerspec due = {.it_value = {.tv_sec = (time_t)(due_ns / NS_PER_S),
                                          .tv_nsec = (long)(due_ns % NS_PER_S)}};
    /* Setting a timerfd clears its expirations: it needs no reading. */
    timerfd_settime(own->alarm_fd, TFD_TIMER_ABSTIME, &due, NULL);
    own->alarm_ns = due_ns;
}

static void on_alarm(uv_poll_t *alarm, int status, int events)
{
    (void)status;
    (void)events;
    struct libuv_loop *own = alarm->data;
    note_time(&own->loop);
    loop_run_due(&own->loop);
}

static uint64_t idle_ns(const struct loop *loop)
{
    const struct libuv_loop *own =
        (const struct libuv_loop *)(const void *)loop; /* its first member */
    /* The function's type has no const, but it only reads. */
    return uv_metrics_idle_time((uv_loop_t *)(uintptr_t)&own->uv);
}

/* ---- the loop --------------------------------------------------------------------- */

static void on_connections(uv_poll_t *listener, int status, int events)
{
    (void)status;
    (void)events;
    struct libuv_loop *own = listener->data;
    note_time(&own->loop);
    loop_accept(&own->loop);
}

static void listen_or_not(struct loop *loop, bool wanted)
{
    uv_poll_t *listener = &loop_of(loop)->listener;
    if (wanted)
        uv_poll_start(listener, UV_READABLE, on_connections);
    else
        uv_poll_stop(listener);
}

static void on_capacity(uv_poll_t *capacity, int status, int events)
{
    (void)status;
    (void)events;
    struct libuv_loop *own = capacity->data;
    loop_has_capacity(&own->loop);
}

static void on_wake(uv_async_t *async)
{
    struct libuv_loop *own = async->data;
    note_time(&own->loop);
    loop_take_back(&own->loop);
}

static void on_stop(uv_poll_t *stop, int status, int events)
{
    (void)status;
    (void)events;
    struct libuv_loop *own = stop->data;
    note_time(&own->loop);
    uv_close((uv_handle_t *)&own->listener, NULL);
    uv_close((uv_handle_t *)&own->capacity, NULL);
    uv_close((uv_handle_t *)&own->stop, NULL);
    loop_stop(&own->loop);
}

static int start_watching(struct libuv_loop *own, uv_poll_t *poll, int fd,
                          uv_poll_cb callback)
{
    poll->data = own;
    int result = uv_poll_init(&own->uv, poll, fd);
    return result < 0 ? result : uv_poll_start(poll, UV_READABLE, callback);
}

static int open_handles(struct libuv_loop *own)
{
    const struct server *server = own->loop.service.server;
    own->wake.data = own->before_sleep.data = own;
    int result = uv_async_init(&own->uv, &own->wake, on_wake);
    if (result == 0)
        result = start_watching(own, &own->stop, server->stop_fd, on_stop);
    if (result == 0)
        result = start_watching(own, &own->capacity, server->capacity_fd, on_capacity);
    if (result == 0)
        result = start_watching(own, &own->listener, server->listen_fd, on_connections);
    uv_prepare_init(&own->uv, &own->before_sleep);
    uv_prepare_start(&own->before_sleep, set_alarm);
    own->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (result == 0)
        result = own->alarm_fd < 0
                     ? -errno
                     : start_watching(own, &own->alarm, own->alarm_fd, on_alarm);
    return result;
}

static int open_loop(struct loop *loop, struct error *error)
{
    struct libuv_loop *own = loop_of(loop);
    own->alarm_fd = -1;
    int result = uv_loop_init(&own->uv);
    if (result == 0) {
        uv_loop_configure(&own->uv, UV_METRICS_IDLE_TIME);
        result = open_handles(own);
    }
    return result < 0
               ? error_set(error, result, "cannot open a loop: %s", uv_strerror(result))
               : 0;
}

static void run(struct loop *loop)
{
    uv_run(&loop_of(loop)->uv, UV_RUN_DEFAULT);
}

/* uv_run returns once the loop has no handles. */
static void finish(struct loop *loop)
{
    struct libuv_loop *own = loop_of(loop);
    uv_close((uv_handle_t *)&own->alarm, NULL);
    uv_close((uv_handle_t *)&own->before_sleep, NULL);
    uv_close((uv_handle_t *)&own->wake, NULL);
}

static void close_any(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_loop(struct loop *loop)
{
    struct libuv_loop *own = loop_of(loop);
    /* A loop that has run to its end has nothing left to close. */
    uv_walk(&own->uv, close_any, NULL);
    uv_run(&own->uv, UV_RUN_DEFAULT);
    uv_loop_close(&own->uv);
    if (own->alarm_fd >= 0)
        close(own->alarm_fd);
}

static void wake(struct loop *loop)
{
    uv_async_send(&loop_of(loop)->wake);
}

const struct loop_backend libuv_backend = {
    .loop_bytes = sizeof(struct libuv_loop),
    .client_bytes = sizeof(struct libuv_client),
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
    .run_on_pool = run_on_pool,
};
