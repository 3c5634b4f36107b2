/* loop.c - see loop.h. */
#include "servers/models/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/text.h"
#include "servers/connection.h"
#include "servers/models/deadlines.h"

/* So many connections are accepted before the others get their turn. */
#define ACCEPT_BATCH 64

_Static_assert(sizeof(uv_buf_t) == sizeof(struct iovec) &&
                   offsetof(uv_buf_t, base) == offsetof(struct iovec, iov_base) &&
                   offsetof(uv_buf_t, len) == offsetof(struct iovec, iov_len),
               "libuv declares its buffers to be the system's");

struct loop_client;

struct loop {
    uv_loop_t uv;
    struct service service;
    struct loop_placement placement;
    uv_poll_t listener, room, stop;
    uv_timer_t sweep;           /* looks for idle clients */
    struct deadlines deadlines; /* of clients whose job waits for a time */
    int alarm_fd;               /* a timerfd: goes off at the earliest of them */
    uint64_t alarm_ns;          /* what it is set to; 0: not set */
    uv_poll_t alarm;
    uv_prepare_t before_sleep; /* sets the alarm */
    uv_async_t finished;       /* workers have put clients into `returned` */
    struct task_queue returned;
    struct loop_client *oldest, *newest; /* by their last activity */
    size_t clients;                      /* not yet freed */
    struct output output;
    char read_buffer[CONNECTION_READ_BYTES];
};

/* What a client's last batch is followed by. */
enum loop_ending { LIVES_ON, THEN_CLOSE, THEN_LINGER };

struct loop_client {
    uv_tcp_t tcp;
    uv_timer_t timer;         /* how long it may linger */
    struct deadline deadline; /* of a WAIT step */
    uv_work_t work;           /* steps on libuv's pool */
    struct task task;         /* steps on workers */
    struct step_poll *poll;   /* a WAIT step's descriptor, or NULL */
    struct loop *loop;
    struct loop_client *older, *newer;
    uint64_t active_ms; /* on the loop's clock */
    struct connection connection;
    unsigned references; /* open handles, and steps run elsewhere */
    unsigned writes;     /* batches that libuv holds until the client takes them */
    enum loop_ending ending;
    bool reading;
    bool input_ended; /* the client will not send more */
    bool working;     /* its job waits, or runs elsewhere */
    bool elsewhere;   /* its job runs elsewhere: it must not be touched */
    bool lingering;   /* answered for the last time, input is dropped */
    bool closing;
};

static void go_on(struct loop_client *client);
static void set_reading(struct loop_client *client);

/* ---- the list by activity --------------------------------------------------------- */

static void unlink_client(struct loop_client *client)
{
    struct loop *loop = client->loop;
    if (client->older)
        client->older->newer = client->newer;
    else
        loop->oldest = client->newer;
    if (client->newer)
        client->newer->older = client->older;
    else
        loop->newest = client->older;
}

static void link_newest(struct loop_client *client)
{
    struct loop *loop = client->loop;
    client->active_ms = uv_now(&loop->uv);
    client->older = loop->newest;
    client->newer = NULL;
    if (loop->newest)
        loop->newest->newer = client;
    else
        loop->oldest = client;
    loop->newest = client;
}

static void touch(struct loop_client *client)
{
    if (client->loop->newest == client) {
        client->active_ms = uv_now(&client->loop->uv);
        return;
    }
    unlink_client(client);
    link_newest(client);
}

/* ---- closing ---------------------------------------------------------------------- */

static void close_loop_handles(struct loop *loop)
{
    uv_close((uv_handle_t *)&loop->sweep, NULL);
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    uv_close((uv_handle_t *)&loop->before_sleep, NULL);
    uv_close((uv_handle_t *)&loop->finished, NULL);
}

static void drop_reference(struct loop_client *client)
{
    if (--client->references > 0)
        return;
    struct loop *loop = client->loop;
    connection_release(&client->connection);
    free(client);
    loop->clients--;
    if (loop->clients == 0 && server_is_stopping(loop->service.server) &&
        !uv_is_closing((uv_handle_t *)&loop->sweep) &&
        uv_is_closing((uv_handle_t *)&loop->stop))
        close_loop_handles(loop);
}

static void on_handle_closed(uv_handle_t *handle)
{
    drop_reference(handle->data);
}

struct step_poll {
    uv_poll_t handle;
};

static void on_poll_closed(uv_handle_t *handle)
{
    free(CONTAINER_OF(handle, struct step_poll, handle));
}

static void stop_waiting(struct loop_client *client)
{
    deadlines_remove(&client->loop->deadlines, &client->deadline);
    if (client->poll)
        uv_close((uv_handle_t *)&client->poll->handle, on_poll_closed);
    client->poll = NULL;
}

static void close_client(struct loop_client *client)
{
    if (client->closing)
        return;
    client->closing = true;
    stop_waiting(client);
    unlink_client(client);
    /* A job that runs elsewhere is released when it comes back. */
    if (!client->elsewhere)
        connection_release(&client->connection);
    uv_close((uv_handle_t *)&client->tcp, on_handle_closed);
    uv_close((uv_handle_t *)&client->timer, on_handle_closed);
    server_closed(client->loop->service.server);
}

static void on_lingered(uv_timer_t *timer)
{
    close_client(timer->data);
}

static void linger(struct loop_client *client)
{
    uv_os_fd_t fd;
    if (client->input_ended || uv_fileno((uv_handle_t *)&client->tcp, &fd) < 0) {
        close_client(client);
        return;
    }
    shutdown(fd, SHUT_WR);
    client->lingering = true;
    connection_release(&client->connection);
    uv_timer_start(&client->timer, on_lingered, SERVER_LINGER_NS / NS_PER_MS, 0);
    set_reading(client);
}

/* Ends the client's conversation once all was sent. */
static void end_client(struct loop_client *client, enum loop_ending ending)
{
    client->ending = ending;
    if (client->writes > 0 || client->closing)
        return;
    if (ending == THEN_CLOSE)
        close_client(client);
    else
        linger(client);
}

/* ---- writing ---------------------------------------------------------------------- */

/* What did not fit into the socket's buffer, with copies of what the batch owned. */
struct pending_write {
    uv_write_t request;
    struct loop_client *client;
    char bytes[];
};

static void on_written(uv_write_t *request, int status)
{
    struct pending_write *pending = CONTAINER_OF(request, struct pending_write, request);
    struct loop_client *client = pending->client;
    free(pending);
    client->writes--;
    if (client->closing)
        return;
    if (status < 0) {
        close_client(client);
        return;
    }
    touch(client);
    if (client->ending != LIVES_ON)
        end_client(client, client->ending);
    else if (!client->working)
        go_on(client);
}

static int write_later(struct loop_client *client, struct output *output)
{
    struct pending_write *pending = malloc(sizeof *pending + output->used);
    if (!pending)
        return -ENOMEM;
    pending->client = client;
    size_t used = 0;
    for (int i = output->first; i < output->end; i++) {
        struct iovec *part = &output->parts[i];
        if (!output_owns(output, part))
            continue;
        memcpy(pending->bytes + used, part->iov_base, part->iov_len);
        part->iov_base = pending->bytes + used;
        used += part->iov_len;
    }
    int result = uv_write(&pending->request, (uv_stream_t *)&client->tcp,
                          (const uv_buf_t *)&output->parts[output->first],
                          (unsigned)(output->end - output->first), on_written);
    if (result < 0)
        free(pending);
    else
        client->writes++;
    return result;
}

/* Sends the loop's batch to this client; the batch is empty afterwards. */
static void send_batch(struct loop_client *client)
{
    struct output *output = &client->loop->output;
    if (output_is_empty(output))
        return;
    int result = UV_EAGAIN;
    if (client->closing)
        result = UV_ECANCELED;
    else if (client->writes == 0)
        result = uv_try_write((uv_stream_t *)&client->tcp,
                              (const uv_buf_t *)&output->parts[output->first],
                              (unsigned)(output->end - output->first));
    if (result > 0)
        output_consume(output, (size_t)result);
    if ((result > 0 || result == UV_EAGAIN) && !output_is_empty(output))
        result = write_later(client, output);
    output_clear(output);
    if (result < 0)
        close_client(client);
}

/* ---- jobs ------------------------------------------------------------------------- */

static void on_step_ready(struct loop_client *client);

static void on_poll(uv_poll_t *handle, int status, int events)
{
    /* Errors are the step's to find: it will look at its descriptor. */
    (void)status;
    (void)events;
    on_step_ready(handle->data);
}

static int start_poll(struct loop_client *client, int fd, int events)
{
    struct step_poll *poll = malloc(sizeof *poll);
    if (!poll)
        return -ENOMEM;
    int result = uv_poll_init(&client->loop->uv, &poll->handle, fd);
    if (result < 0) {
        free(poll);
        return result;
    }
    poll->handle.data = client;
    client->poll = poll;
    return uv_poll_start(&poll->handle, events, on_poll);
}

/* Registers what the step waits for. False when that fails, and the step with it. */
static bool wait_for(struct loop_client *client, enum op_answer answer)
{
    struct op_call *call = &client->connection.job->call;
    int result = 0;
    if (call->deadline_ns &&
        !deadlines_add(&client->loop->deadlines, &client->deadline, call->deadline_ns))
        result = UV_ENOMEM;
    if (result == 0 && answer != OP_TIMER)
        result = start_poll(client, call->fd,
                            answer == OP_READABLE ? UV_READABLE : UV_WRITABLE);
    if (result == 0)
        return true;
    stop_waiting(client);
    op_fail(call, 500, "cannot wait: %s", uv_strerror(result));
    return false;
}

/*
 * The loop's own timers count whole milliseconds, and so would make steps that stand
 * for I/O end in bunches. A timerfd ends each when it is due, and is set at most once
 * per turn of the loop.
 */
static void set_alarm(uv_prepare_t *before_sleep)
{
    struct loop *loop = before_sleep->data;
    const struct deadline *first = deadlines_first(&loop->deadlines);
    uint64_t due_ns = first ? first->at_ns : 0;
    if (due_ns == loop->alarm_ns)
        return;
    struct itimerspec due = {.it_value = {.tv_sec = (time_t)(due_ns / NS_PER_S),
                                          .tv_nsec = (long)(due_ns % NS_PER_S)}};
    /* Setting it also takes back that it went off: it needs no reading. */
    timerfd_settime(loop->alarm_fd, TFD_TIMER_ABSTIME, &due, NULL);
    loop->alarm_ns = due_ns;
}

static void on_alarm(uv_poll_t *alarm, int status, int events)
{
    (void)status;
    (void)events;
    struct loop *loop = alarm->data;
    uint64_t now_ns = clock_now_ns();
    struct deadline *first;
    while ((first = deadlines_first(&loop->deadlines)) && first->at_ns <= now_ns)
        on_step_ready(CONTAINER_OF(first, struct loop_client, deadline));
}

static void run_on_pool(uv_work_t *work)
{
    struct loop_client *client = work->data;
    job_run(client->connection.job);
}

static void come_back(struct loop_client *client)
{
    client->elsewhere = false;
    if (!client->closing)
        on_step_ready(client);
    drop_reference(client);
}

static void on_pool_done(uv_work_t *work, int status)
{
    (void)status;
    come_back(work->data);
}

void loop_run_steps(struct task *task)
{
    struct loop_client *client = CONTAINER_OF(task, struct loop_client, task);
    struct loop *loop = client->loop;
    job_run(client->connection.job);
    task_queue_put(&loop->returned, task);
    uv_async_send(&loop->finished);
}

static void on_finished(uv_async_t *async)
{
    struct loop *loop = async->data;
    struct task *next, *task = task_queue_take_all(&loop->returned);
    for (; task; task = next) {
        next = task->next;
        come_back(CONTAINER_OF(task, struct loop_client, task));
    }
}

static void send_elsewhere(struct loop_client *client, enum loop_place place)
{
    client->elsewhere = true;
    client->references++;
    if (place == ON_WORKERS)
        task_queue_put(client->loop->placement.workers, &client->task);
    else
        uv_queue_work(&client->loop->uv, &client->work, run_on_pool, on_pool_done);
}

/* Goes on with the job until it has to wait, is elsewhere, or was answered. */
static void work(struct loop_client *client)
{
    struct loop *loop = client->loop;
    struct job *job = client->connection.job;
    int kind;
    client->working = true;
    while ((kind = job_next_kind(job)) != JOB_END) {
        if (kind == OP_WAIT) {
            enum op_answer answer = job_resume(job);
            if (answer == OP_DONE)
                continue;
            if (wait_for(client, answer))
                return;
            continue;
        }
        enum loop_place place =
            kind == OP_CPU ? loop->placement.cpu : loop->placement.blocking;
        if (place != ON_THE_LOOP) {
            send_elsewhere(client, place);
            return;
        }
        job_run(job);
    }
    client->working = false;
    connection_answer(&client->connection, &loop->service);
}

static void on_step_ready(struct loop_client *client)
{
    stop_waiting(client);
    work(client);
    if (client->working)
        return;
    touch(client);
    go_on(client);
}

/* ---- reading and serving ---------------------------------------------------------- */

/* Serves until the client has to send more, its job waits, or its replies pile up. */
static void serve(struct loop_client *client)
{
    while (!client->closing && !client->working && client->writes == 0) {
        enum connection_next next =
            connection_next(&client->connection, &client->loop->service);
        send_batch(client);
        if (client->closing)
            return;
        switch (next) {
        case CONNECTION_READS:
            if (client->input_ended)
                end_client(client, THEN_CLOSE);
            return;
        case CONNECTION_FLUSHES:
            break;
        case CONNECTION_WORKS:
            work(client);
            break;
        case CONNECTION_CLOSES:
            end_client(client, THEN_CLOSE);
            return;
        case CONNECTION_LINGERS:
            end_client(client, THEN_LINGER);
            return;
        }
    }
}

static void on_buffer_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct loop_client *client = handle->data;
    *buffer = uv_buf_init(client->loop->read_buffer, CONNECTION_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct loop_client *client = stream->data;
    if (length == 0)
        return;
    if (length == UV_EOF) {
        client->input_ended = true;
        client->reading = false;
        if (client->lingering)
            close_client(client);
        else if (!client->working)
            go_on(client);
        return;
    }
    bool received = length > 0 && (client->lingering ||
                                   connection_receive(&client->connection, buffer->base,
                                                      (size_t)length));
    if (!received) {
        close_client(client);
        return;
    }
    touch(client);
    if (!client->lingering)
        go_on(client);
}

/* Reads on unless too much waits already; a client that floods us has to wait. */
static void set_reading(struct loop_client *client)
{
    bool wanted = !client->input_ended &&
                  (client->lingering ||
                   client->connection.input_length <= CONNECTION_MAX_KEPT_BYTES);
    if (wanted == client->reading)
        return;
    client->reading = wanted;
    if (!wanted)
        uv_read_stop((uv_stream_t *)&client->tcp);
    else if (uv_read_start((uv_stream_t *)&client->tcp, on_buffer_wanted, on_read) < 0)
        close_client(client);
}

/* The common end of all events: serve what can be served, then settle. */
static void go_on(struct loop_client *client)
{
    serve(client);
    send_batch(client);
    if (client->closing)
        return;
    /* Even while its job runs elsewhere: the loop's buffer is anybody's again. */
    if (connection_park(&client->connection))
        set_reading(client);
    else
        close_client(client);
}

/* ---- accepting -------------------------------------------------------------------- */

static void add_client(struct loop *loop, int fd)
{
    struct loop_client *client = calloc(1, sizeof *client);
    if (!client) {
        close(fd);
        server_closed(loop->service.server);
        worker_count(&loop->service.worker->refused, 1);
        return;
    }
    client->loop = loop;
    client->tcp.data = client->timer.data = client->work.data = client;
    client->references = 2;
    uv_tcp_init(&loop->uv, &client->tcp);
    uv_timer_init(&loop->uv, &client->timer);
    loop->clients++;
    link_newest(client);
    if (uv_tcp_open(&client->tcp, fd) < 0) {
        close(fd);
        close_client(client);
        return;
    }
    set_reading(client);
}

static void on_connections(uv_poll_t *listener, int status, int events)
{
    (void)events;
    struct loop *loop = listener->data;
    int fd = status;
    for (int i = 0; i < ACCEPT_BATCH && fd >= 0; i++) {
        fd = server_accept(loop->service.server, loop->service.worker, SOCK_NONBLOCK);
        if (fd >= 0)
            add_client(loop, fd);
    }
    if (fd == -EMFILE)
        uv_poll_stop(listener); /* until there is room */
}

static void on_room(uv_poll_t *room, int status, int events)
{
    (void)status;
    (void)events;
    struct loop *loop = room->data;
    server_room_seen(loop->service.server);
    uv_poll_start(&loop->listener, UV_READABLE, on_connections);
}

/* ---- idle clients ----------------------------------------------------------------- */

static void on_sweep(uv_timer_t *sweep)
{
    struct loop *loop = sweep->data;
    uint64_t limit_ms = loop->service.server->settings.idle_timeout_ns / NS_PER_MS;
    uint64_t now_ms = uv_now(&loop->uv);
    struct loop_client *client;
    while ((client = loop->oldest) && client->active_ms + limit_ms <= now_ms) {
        if (client->working)
            touch(client);
        else
            close_client(client);
    }
}

static uint64_t sweep_interval_ms(const struct server *server)
{
    uint64_t quarter = server->settings.idle_timeout_ns / NS_PER_MS / 4;
    return quarter < 10 ? 10 : quarter > 1000 ? 1000 : quarter;
}

/* ---- the loop --------------------------------------------------------------------- */

static void on_stop(uv_poll_t *stop, int status, int events)
{
    (void)status;
    (void)events;
    struct loop *loop = stop->data;
    uv_close((uv_handle_t *)&loop->listener, NULL);
    uv_close((uv_handle_t *)&loop->room, NULL);
    uv_close((uv_handle_t *)&loop->stop, NULL);
    struct loop_client *next, *client = loop->oldest;
    for (; client; client = next) {
        next = client->newer;
        if (!client->working && client->writes == 0)
            close_client(client);
    }
    if (loop->clients == 0)
        close_loop_handles(loop);
}

static int start_watching(struct loop *loop, uv_poll_t *poll, int fd, uv_poll_cb callback)
{
    poll->data = loop;
    int result = uv_poll_init(&loop->uv, poll, fd);
    return result < 0 ? result : uv_poll_start(poll, UV_READABLE, callback);
}

static int open_handles(struct loop *loop)
{
    struct server *server = loop->service.server;
    loop->sweep.data = loop->finished.data = loop;
    int result = uv_async_init(&loop->uv, &loop->finished, on_finished);
    if (result == 0)
        result = start_watching(loop, &loop->stop, server->stop_fd, on_stop);
    if (result == 0)
        result = start_watching(loop, &loop->room, server->room_fd, on_room);
    if (result == 0)
        result = start_watching(loop, &loop->listener, server->listen_fd, on_connections);
    loop->before_sleep.data = loop;
    uv_prepare_init(&loop->uv, &loop->before_sleep);
    uv_prepare_start(&loop->before_sleep, set_alarm);
    loop->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (result == 0)
        result = loop->alarm_fd < 0
                     ? -errno
                     : start_watching(loop, &loop->alarm, loop->alarm_fd, on_alarm);
    uint64_t interval_ms = sweep_interval_ms(server);
    uv_timer_init(&loop->uv, &loop->sweep);
    uv_timer_start(&loop->sweep, on_sweep, interval_ms, interval_ms);
    return result;
}

static void close_any(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void free_loop(struct loop *loop)
{
    struct server *server = loop->service.server;
    task_queue_release(&loop->returned);
    deadlines_release(&loop->deadlines);
    if (loop->alarm_fd >= 0)
        close(loop->alarm_fd);
    ops_leave_thread(server->ops);
    server_leave(server, loop->service.worker);
    free(loop);
}

int loop_open(struct loop **result, struct server *server, int index,
              const struct loop_placement *placement, struct error *error)
{
    struct loop *loop = memory_allocate_zeroed(1, sizeof *loop);
    output_clear(&loop->output);
    loop->placement = *placement;
    loop->alarm_fd = -1;
    loop->service = (struct service){
        .server = server,
        .worker = server_join(server, "loop", index),
        .output = &loop->output,
    };
    task_queue_init(&loop->returned);
    int failure = uv_loop_init(&loop->uv);
    if (failure == 0) {
        failure = open_handles(loop);
        if (failure == 0) {
            *result = loop;
            return 0;
        }
        loop_close(loop);
    } else {
        free_loop(loop);
    }
    return error_set(error, failure, "cannot open a loop: %s", uv_strerror(failure));
}

void loop_serve(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_close(struct loop *loop)
{
    /* All that is left to close, after loop_serve, is nothing. */
    uv_walk(&loop->uv, close_any, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    free_loop(loop);
}

void loop_set_pool_size(uint64_t threads)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)threads);
    setenv("UV_THREADPOOL_SIZE", text, 1);
}
