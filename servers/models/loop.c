/* loop.c - see loop.h and loop_core.h. */
#include "servers/models/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "servers/event.h"
#include "servers/models/loop_core.h"
#include "servers/models/step_pool.h"

/* So many connections are accepted before the others get their turn. */
#define ACCEPT_BATCH 64

static void go_on(struct loop_client *client);
static void set_reading(struct loop_client *client);
static void on_client_due(struct loop_timer *timer);

/* ---- times ------------------------------------------------------------------------ */

static void note_place(void *timer, size_t place)
{
    ((struct loop_timer *)timer)->place = place;
}

static int set_timer(struct loop *loop, struct loop_timer *timer, uint64_t at_ns)
{
    if (!heap_reserve(&loop->timers, realloc))
        return -ENOMEM;
    timer->at_ns = at_ns;
    heap_add(&loop->timers, at_ns, timer, note_place);
    return 0;
}

static void unset_timer(struct loop *loop, struct loop_timer *timer)
{
    if (timer->place)
        heap_remove(&loop->timers, timer->place, note_place);
}

uint64_t loop_due_ns(const struct loop *loop)
{
    return loop->timers.count ? heap_first_key(&loop->timers) : 0;
}

/* While one client is served, the memory of the next can come. */
static void expect_next(const struct loop *loop)
{
    const struct loop_flow *flow = loop->placement.flow;
    struct loop_timer *next = flow ? heap_first(&loop->timers) : NULL;
    if (next && next->on_due == on_client_due)
        flow->expect(CONTAINER_OF(next, struct loop_client, timer));
}

void loop_run_due(struct loop *loop)
{
    uint64_t now_ns = clock_now_ns();
    while (heap_first_key(&loop->timers) <= now_ns) {
        struct loop_timer *timer = heap_remove(&loop->timers, 1, note_place);
        expect_next(loop);
        timer->on_due(timer);
    }
}

/* ---- the list by activity --------------------------------------------------------- */

static void unlink_client(struct loop_client *client)
{
    TAILQ_REMOVE(&client->loop->by_activity, client, place);
}

static void link_newest(struct loop_client *client)
{
    struct loop *loop = client->loop;
    client->active_ns = loop->now_ns;
    TAILQ_INSERT_TAIL(&loop->by_activity, client, place);
}

static void touch(struct loop_client *client)
{
    bool is_newest = !TAILQ_NEXT(client, place);
    if (is_newest) {
        client->active_ns = client->loop->now_ns;
        return;
    }
    unlink_client(client);
    link_newest(client);
}

/* ---- closing ---------------------------------------------------------------------- */

static void finish_if_empty(struct loop *loop)
{
    if (!loop->stopping || loop->clients > 0)
        return;
    unset_timer(loop, &loop->sweep);
    unset_timer(loop, &loop->tick);
    loop->backend->finish(loop);
}

void loop_drop(struct loop_client *client)
{
    if (--client->references > 0)
        return;
    struct loop *loop = client->loop;
    connection_release(&client->connection);
    free(client);
    loop->clients--;
    finish_if_empty(loop);
}

static void stop_waiting(struct loop_client *client)
{
    unset_timer(client->loop, &client->timer);
    if (client->watching)
        client->loop->backend->unwatch(client);
    client->watching = false;
}

static void close_client(struct loop_client *client)
{
    struct loop *loop = client->loop;
    if (client->closing)
        return;
    client->closing = true;
    stop_waiting(client);
    unlink_client(client);
    if (client->working && loop->placement.flow)
        loop->placement.flow->abandon(client);
    /* A job that runs elsewhere is released when it comes back. */
    if (!client->elsewhere)
        connection_release(&client->connection);
    loop->backend->close_client(client);
    server_closed(loop->service.server);
}

static void linger(struct loop_client *client)
{
    uint64_t until_ns = clock_now_ns() + SERVER_LINGER_NS;
    if (client->input_ended || set_timer(client->loop, &client->timer, until_ns) < 0) {
        close_client(client);
        return;
    }
    shutdown(client->fd, SHUT_WR);
    client->lingering = true;
    connection_release(&client->connection);
    set_reading(client);
}

/* Ends the client's conversation once all was sent. */
static void end_client(struct loop_client *client, enum loop_ending ending)
{
    client->ending = ending;
    if (client->sending || client->closing)
        return;
    if (ending == THEN_CLOSE)
        close_client(client);
    else
        linger(client);
}

/* ---- writing ---------------------------------------------------------------------- */

/* Sends the loop's batch to this client; the batch is empty afterwards. */
static void send_batch(struct loop_client *client)
{
    struct output *output = &client->loop->output;
    if (output_is_empty(output))
        return;
    int result =
        client->closing ? -ECANCELED : client->loop->backend->send(client, output);
    output_clear(output);
    if (result > 0)
        client->sending = true;
    else if (result < 0)
        close_client(client);
}

/* ---- jobs ------------------------------------------------------------------------- */

static void answer(struct loop_client *client)
{
    client->working = client->answers_later = false;
    connection_answer(&client->connection, &client->loop->service);
}

bool loop_await(struct loop_client *client, enum op_answer what)
{
    struct op_call *call = &client->connection.job->call;
    int result = 0;
    if (call->deadline_ns)
        result = set_timer(client->loop, &client->timer, call->deadline_ns);
    if (result == 0 && what != OP_TIMER) {
        result = client->loop->backend->watch(client, call->fd, what == OP_WRITABLE);
        client->watching = result == 0;
    }
    if (result == 0)
        return true;
    stop_waiting(client);
    op_fail(call, 500, "cannot wait: error %d", -result);
    return false;
}

/* No thread could be started for the step: it fails, and the client stays on the loop. */
static enum loop_place take_on_itself(struct loop_client *client)
{
    client->elsewhere = false;
    client->references--;
    op_fail(&client->connection.job->call, 503, "no thread for what blocks");
    return ON_THE_LOOP;
}

enum loop_place loop_send_away(struct loop_client *client, int kind)
{
    const struct loop_placement *placement = &client->loop->placement;
    enum loop_place place = kind == OP_CPU ? placement->cpu : placement->blocking;
    if (place == ON_THE_LOOP)
        return place;
    client->elsewhere = true;
    client->references++;
    if (place == ON_LIBUV_POOL)
        client->loop->backend->run_on_pool(client);
    else if (!step_pool_put(placement->workers, &client->task))
        return take_on_itself(client);
    return place;
}

static void run_on_loop(struct loop *loop, struct job *job)
{
    if (loop->backend->flush)
        loop->backend->flush(loop);
    job_run(job);
}

/* A request as a state machine: goes on until the job waits, is elsewhere, or ends. */
static bool go_through_steps(struct loop_client *client)
{
    struct job *job = client->connection.job;
    int kind;
    while ((kind = job_next_kind(job)) != JOB_END) {
        if (kind == OP_WAIT) {
            enum op_answer what = job_resume(job);
            if (what != OP_DONE && loop_await(client, what))
                return false;
        } else if (loop_send_away(client, kind) != ON_THE_LOOP) {
            return false;
        } else if (job_next_kind(job) != JOB_END) {
            run_on_loop(client->loop, job);
        }
    }
    return true;
}

static void work(struct loop_client *client)
{
    const struct loop_flow *flow = client->loop->placement.flow;
    client->working = true;
    bool ended = flow ? flow->go_on(client) : go_through_steps(client);
    if (ended && client->sending)
        client->answers_later = true;
    else if (ended)
        answer(client);
}

void loop_step_ready(struct loop_client *client)
{
    stop_waiting(client);
    work(client);
    if (client->working)
        return;
    touch(client);
    go_on(client);
}

void loop_come_back(struct loop_client *client)
{
    client->elsewhere = false;
    if (!client->closing)
        loop_step_ready(client);
    loop_drop(client);
}

void loop_take_back(struct loop *loop)
{
    struct task_list tasks;
    task_queue_take_all(&loop->returned, &tasks);
    for (struct task *task; (task = STAILQ_FIRST(&tasks));) {
        STAILQ_REMOVE_HEAD(&tasks, next);
        loop_come_back(CONTAINER_OF(task, struct loop_client, task));
    }
}

/* ---- reading and serving ---------------------------------------------------------- */

/* Serves until the client has to send more, its job waits, or its replies pile up. */
static void serve(struct loop_client *client)
{
    while (!client->closing && !client->working && !client->sending) {
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

/* Backpressure: reads on unless too much of the client's input waits already. */
static void set_reading(struct loop_client *client)
{
    bool wanted = !client->input_ended &&
                  (client->lingering ||
                   client->connection.input_length <= CONNECTION_MAX_KEPT_BYTES);
    if (wanted == client->reading)
        return;
    client->reading = wanted;
    if (client->loop->backend->set_reading(client, wanted) < 0)
        close_client(client);
}

/* The common end of all events: serve what can be served, then settle. */
static void go_on(struct loop_client *client)
{
    serve(client);
    send_batch(client);
    if (client->closing)
        return;
    /* Even while its job runs elsewhere: the next client reads into the loop's buffer. */
    if (connection_park(&client->connection))
        set_reading(client);
    else
        close_client(client);
}

void loop_received(struct loop_client *client, const char *bytes, ssize_t length)
{
    if (client->closing)
        return;
    if (length == 0) {
        client->input_ended = true;
        client->reading = false;
        if (client->lingering)
            close_client(client);
        else if (!client->working)
            go_on(client);
        return;
    }
    bool received =
        length > 0 && (client->lingering ||
                       connection_receive(&client->connection, bytes, (size_t)length));
    if (!received) {
        close_client(client);
        return;
    }
    touch(client);
    if (!client->lingering)
        go_on(client);
}

void loop_sent(struct loop_client *client, int status)
{
    if (client->closing)
        return;
    client->sending = false;
    if (status < 0) {
        close_client(client);
        return;
    }
    touch(client);
    if (client->ending != LIVES_ON) {
        end_client(client, client->ending);
        return;
    }
    if (client->answers_later)
        answer(client);
    if (!client->working)
        go_on(client);
}

/* ---- accepting -------------------------------------------------------------------- */

/* A WAIT step's time has come, or the time to linger is over. */
static void on_client_due(struct loop_timer *timer)
{
    struct loop_client *client = CONTAINER_OF(timer, struct loop_client, timer);
    if (client->lingering)
        close_client(client);
    else
        loop_step_ready(client);
}

static void add_client(struct loop *loop, int fd)
{
    struct loop_client *client = calloc(1, loop->backend->client_bytes);
    if (!client) {
        close(fd);
        server_closed(loop->service.server);
        worker_count(&loop->service.worker->refused, 1);
        return;
    }
    client->loop = loop;
    client->fd = fd;
    client->references = 1;
    client->timer.on_due = on_client_due;
    loop->clients++;
    link_newest(client);
    if (loop->backend->add(client) == 0) {
        set_reading(client);
        return;
    }
    worker_count(&loop->service.worker->refused, 1);
    close_client(client);
}

static void pause_listening(struct loop *loop)
{
    if (loop->paused)
        return;
    loop->paused = true;
    loop->backend->listen(loop, false);
}

void loop_accept(struct loop *loop)
{
    int fd = 0;
    for (int i = 0; i < ACCEPT_BATCH && fd >= 0 && !loop->stopping; i++) {
        fd = server_accept(loop->service.server, loop->service.worker, SOCK_NONBLOCK);
        if (fd >= 0)
            add_client(loop, fd);
    }
    if (fd == -EMFILE)
        pause_listening(loop);
}

bool loop_admit(struct loop *loop, int accepted)
{
    int fd = server_admit(loop->service.server, loop->service.worker, accepted);
    if (fd >= 0)
        add_client(loop, fd);
    else if (fd == -EMFILE)
        pause_listening(loop);
    return fd != -EMFILE;
}

static void listen_again(struct loop *loop)
{
    if (!loop->paused || loop->stopping)
        return;
    loop->paused = false;
    loop->backend->listen(loop, true);
}

void loop_has_capacity(struct loop *loop)
{
    event_drain(loop->service.server->capacity_fd);
    listen_again(loop);
}

/* ---- idle clients and lag --------------------------------------------------------- */

static void on_sweep(struct loop_timer *timer)
{
    struct loop *loop = CONTAINER_OF(timer, struct loop, sweep);
    const struct server *server = loop->service.server;
    uint64_t limit_ns = server->settings.idle_timeout_ns;
    struct loop_client *client;
    while ((client = TAILQ_FIRST(&loop->by_activity)) &&
           client->active_ns + limit_ns <= loop->now_ns) {
        if (client->working)
            touch(client);
        else
            close_client(client);
    }
    /* It has just been taken off: there is room for it. */
    (void)!set_timer(loop, timer, clock_now_ns() + server_idle_check_ns(server));
}

static void on_tick(struct loop_timer *timer)
{
    struct loop *loop = CONTAINER_OF(timer, struct loop, tick);
    uint64_t now_ns = clock_now_ns();
    loop_health_tick(loop->health, server_window(loop->service.server),
                     now_ns - timer->at_ns, now_ns, loop->backend->idle_ns(loop));
    (void)!set_timer(loop, timer, now_ns + LOOP_TICK_NS);
}

static int start_timers(struct loop *loop)
{
    uint64_t now_ns = clock_now_ns();
    loop->sweep.on_due = on_sweep;
    loop->tick.on_due = on_tick;
    int result = set_timer(loop, &loop->sweep,
                           now_ns + server_idle_check_ns(loop->service.server));
    if (result < 0 || !loop->health)
        return result;
    loop_health_begin(loop->health, now_ns, loop->backend->idle_ns(loop));
    return set_timer(loop, &loop->tick, now_ns + LOOP_TICK_NS);
}

/* ---- the loop --------------------------------------------------------------------- */

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
    struct loop_client *next, *client = TAILQ_FIRST(&loop->by_activity);
    for (; client; client = next) {
        next = TAILQ_NEXT(client, place);
        if (!client->working && !client->sending)
            close_client(client);
    }
    finish_if_empty(loop);
}

static void free_loop(struct loop *loop)
{
    struct server *server = loop->service.server;
    task_queue_release(&loop->returned);
    free(loop->timers.entries);
    if (loop->health)
        loop_health_close(loop->health);
    ops_leave_thread(server->ops);
    server_leave(server, loop->service.worker);
    free(loop);
}

int loop_open(struct loop **result, struct server *server, int index,
              const struct loop_placement *placement, struct error *error)
{
    const struct loop_backend *backend =
        placement->backend ? placement->backend : &libuv_backend;
    const struct loop_flow *flow = placement->flow;
    struct loop *loop = memory_allocate_zeroed(1, backend->loop_bytes);
    output_clear(&loop->output);
    TAILQ_INIT(&loop->by_activity);
    loop->backend = backend;
    loop->placement = *placement;
    loop->now_ns = clock_now_ns();
    loop->health = server_loop_health(server);
    loop->service = (struct service){
        .server = server,
        .worker = server_join(server, "loop", index),
        .output = &loop->output,
    };
    task_queue_init(&loop->returned);
    int failure = backend->open(loop, error);
    if (failure == 0 && flow)
        failure = flow->open(loop, error);
    if (failure < 0) {
        backend->close(loop);
        free_loop(loop);
        return failure;
    }
    failure = start_timers(loop);
    if (failure < 0) {
        loop_close(loop);
        return error_set(error, failure, "no memory for a loop");
    }
    *result = loop;
    return 0;
}

void loop_serve(struct loop *loop)
{
    loop->backend->run(loop);
}

void loop_close(struct loop *loop)
{
    loop->backend->close(loop);
    if (loop->placement.flow)
        loop->placement.flow->close(loop);
    free_loop(loop);
}

void loop_set_pool_size(uint64_t threads)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)threads);
    setenv("UV_THREADPOOL_SIZE", text, 1);
}
