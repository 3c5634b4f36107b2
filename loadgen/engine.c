/* engine.c - see engine.h. */
#include "loadgen/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define EVENTS_PER_WAIT 256
#define READ_BYTES      (64 * 1024)
#define SKIP_BYTES      (1024 * 1024) /* address space only: skipped bodies touch none */
#define WAKE_TAG        UINT64_MAX

/* Connections that a process opens at a time, and the pause after each such batch. */
#define CONNECT_BATCH      64
#define CONNECT_PAUSE_NS   (500 * NS_PER_US)
#define CONNECT_PATIENCE_S 10

/* How long a connection rests after failures in a row: doubling between these. */
#define REST_LEAST_NS    NS_PER_MS
#define REST_MOST_NS     NS_PER_S
#define REST_MOST_SHIFTS 10

/* A server that said it would close gets this long before we do it. */
#define LINGER_NS NS_PER_S

#define SWEEP_LEAST_NS (5 * NS_PER_MS)
#define SWEEP_MOST_NS  (100 * NS_PER_MS)

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint32_t index_of(const struct engine *engine, const struct connection *connection)
{
    return (uint32_t)(connection - engine->connections);
}

static uint32_t class_of(const struct engine *engine, const struct connection *connection)
{
    return engine->plan->requests[connection->request].class_index;
}

/* Clients of all threads start in turn, thread by thread. */
static uint64_t client_start_ns(const struct engine *engine, uint32_t client)
{
    double turn = (double)client * engine->plan->threads + engine->number;
    return engine->phases.start_ns + (uint64_t)(turn * engine->start_gap_ns);
}

/* Whether requests may still begin. */
static bool is_needed(const struct engine *engine, uint64_t now_ns)
{
    return now_ns < engine->phases.end_ns || engine->schedule.next_ns != UINT64_MAX;
}

/* ---- the list of free connections (open loop) ---------------------------------------
 */

/* A connection that was lost stays in the list until it is found there. */
static bool is_free(const struct engine *engine, const struct connection *connection)
{
    return connection->state == CONNECTION_IDLE ||
           (connection->state == CONNECTION_CLOSED && !engine->plan->workload.keep_alive);
}

static void idle_push(struct engine *engine, struct connection *connection,
                      uint64_t now_ns)
{
    if (connection->listed)
        return;
    uint32_t index = index_of(engine, connection);
    connection->listed = true;
    connection->next_idle = CONNECTION_NONE;
    if (engine->idle_first == CONNECTION_NONE) {
        engine->idle_first = index;
        engine->idle_since_ns = now_ns;
    } else {
        engine->connections[engine->idle_last].next_idle = index;
    }
    engine->idle_last = index;
}

static struct connection *idle_pop(struct engine *engine)
{
    while (engine->idle_first != CONNECTION_NONE) {
        struct connection *connection = &engine->connections[engine->idle_first];
        engine->idle_first = connection->next_idle;
        connection->listed = false;
        if (is_free(engine, connection))
            return connection;
    }
    return NULL;
}

/* ---- the life of a request ----------------------------------------------------------
 */

static void connection_becomes_free(struct engine *engine, struct connection *connection,
                                    uint64_t now_ns);

static void sweep_by(struct engine *engine, uint64_t at_ns)
{
    engine->next_sweep_ns = least(engine->next_sweep_ns, at_ns);
}

/* Closes the connection and lets it rest, the longer the more often it failed. */
static void connection_rests(struct engine *engine, struct connection *connection,
                             uint64_t now_ns)
{
    if (connection->state == CONNECTION_OPENING)
        engine->opening--;
    connection_close(connection, &engine->parsers);
    uint32_t shift =
        connection->failures < REST_MOST_SHIFTS ? connection->failures : REST_MOST_SHIFTS;
    connection->failures++;
    connection->state = CONNECTION_RESTING;
    connection->retry_ns = now_ns + least(REST_LEAST_NS << shift, REST_MOST_NS);
    sweep_by(engine, connection->retry_ns);
}

static void connection_fails(struct engine *engine, struct connection *connection,
                             enum failure failure, uint64_t now_ns)
{
    if (connection->has_request)
        recorder_failed(&engine->recorder, class_of(engine, connection),
                        connection->scheduled_ns, connection->sent_ns, now_ns, failure);
    connection->has_request = false;
    connection_rests(engine, connection, now_ns);
}

static void open_connection(struct engine *engine, struct connection *connection,
                            uint64_t now_ns)
{
    int result = connection_open(connection, index_of(engine, connection),
                                 &engine->plan->target, engine->epoll);
    if (result == 0) {
        engine->opening++;
        return;
    }
    engine->connect_error = result;
    connection_fails(engine, connection, failure_of_errno(-result), now_ns);
}

/* Writes the request, or what is left of it. `now_ns` is when its first byte goes. */
static void send_request(struct engine *engine, struct connection *connection,
                         uint64_t now_ns)
{
    const struct planned_request *request = &engine->plan->requests[connection->request];
    int result = connection_send(connection, request->bytes, request->length);
    if (!connection->sent_ns && connection->sent_bytes) {
        connection->sent_ns = now_ns;
        engine->totals.requests_sent++;
        recorder_sent(&engine->recorder, request->class_index, connection->scheduled_ns,
                      now_ns);
        if (engine->plan->open)
            recorder_lag(&engine->recorder, connection->scheduled_ns, now_ns);
    }
    if (result < 0)
        connection_fails(engine, connection, failure_of_errno(-result), now_ns);
}

static void begin_request(struct engine *engine, struct connection *connection,
                          uint32_t request, uint64_t scheduled_ns, uint64_t now_ns)
{
    connection->request = request;
    connection->scheduled_ns = scheduled_ns;
    connection->sent_ns = 0;
    connection->sent_bytes = 0;
    connection->has_request = true;
    recorder_begun(&engine->recorder, class_of(engine, connection), scheduled_ns);
    if (connection->state == CONNECTION_IDLE)
        send_request(engine, connection, now_ns);
    else
        open_connection(engine, connection, now_ns);
}

static const enum failure failure_of_verdict[] = {
    [VERDICT_CLIENT_ERROR] = FAILURE_STATUS_4XX,
    [VERDICT_SERVER_ERROR] = FAILURE_STATUS_5XX,
    [VERDICT_WRONG_LENGTH] = FAILURE_WRONG_LENGTH,
    [VERDICT_WRONG_DIGEST] = FAILURE_WRONG_DIGEST,
};

/* `closing`: the server has closed its side already. */
static void reply_complete(struct engine *engine, struct connection *connection,
                           uint64_t now_ns, bool closing)
{
    const struct framing *framing = &connection->framing;
    if (framing->verdict == VERDICT_GOOD)
        recorder_ok(&engine->recorder, class_of(engine, connection),
                    connection->scheduled_ns, connection->sent_ns, now_ns);
    else
        recorder_failed(&engine->recorder, class_of(engine, connection),
                        connection->scheduled_ns, connection->sent_ns, now_ns,
                        failure_of_verdict[framing->verdict]);
    engine->totals.replies++;
    connection->has_request = false;
    connection->failures = 0;
    connection->state = CONNECTION_IDLE;
    if (closing || (framing->keep_alive && !engine->plan->workload.keep_alive)) {
        connection_close(connection, &engine->parsers);
    } else if (!framing->keep_alive) {
        /* Who closes first keeps the port busy for a minute: let the server, as it
         * said that it would. */
        connection->state = CONNECTION_LINGERING;
        connection->retry_ns = now_ns + LINGER_NS;
        sweep_by(engine, connection->retry_ns);
        return;
    }
    connection_becomes_free(engine, connection, now_ns);
}

/* ---- what a connection does next ----------------------------------------------------
 */

/* Gives arrivals that are due to free connections, the longest due first. */
static void dispatch_arrivals(struct engine *engine, uint64_t now_ns)
{
    struct schedule *schedule = &engine->schedule;
    uint64_t timeout_ns = engine->plan->workload.timeout_ns;
    while (schedule->next_ns <= now_ns) {
        uint64_t due_ns = schedule->next_ns;
        struct pace *pace = &engine->paces[schedule->next - schedule->processes];
        if (timeout_ns && now_ns - due_ns >= timeout_ns) {
            uint32_t request = schedule_take(schedule, &engine->mix);
            recorder_dropped(&engine->recorder,
                             engine->plan->requests[request].class_index, due_ns, now_ns);
            pace_break(pace);
            continue;
        }
        struct connection *connection = idle_pop(engine);
        if (!connection)
            return;
        uint32_t request = schedule_take(schedule, &engine->mix);
        now_ns = clock_now_ns();
        uint64_t late_ns = now_ns - most(due_ns, engine->idle_since_ns);
        recorder_taken(&engine->recorder, due_ns, due_ns < engine->idle_since_ns,
                       late_ns);
        if (recorder_belongs(&engine->recorder, due_ns))
            pace_sent(pace, due_ns + late_ns);
        begin_request(engine, connection, request, due_ns, now_ns);
    }
}

static void connection_becomes_free(struct engine *engine, struct connection *connection,
                                    uint64_t now_ns)
{
    if (!engine->plan->open) {
        bool started = index_of(engine, connection) < engine->started;
        if (started && now_ns < engine->phases.end_ns)
            begin_request(engine, connection, mix_draw(&engine->mix), now_ns, now_ns);
    } else if (connection->state == CONNECTION_CLOSED &&
               engine->plan->workload.keep_alive) {
        if (is_needed(engine, now_ns))
            open_connection(engine, connection, now_ns);
    } else {
        idle_push(engine, connection, now_ns);
        if (engine->schedule.next_ns <= now_ns)
            dispatch_arrivals(engine, now_ns);
    }
}

/* Starts the closed loop's clients that are due. */
static void start_clients(struct engine *engine, uint64_t now_ns)
{
    while (engine->started < engine->connection_count &&
           now_ns >= client_start_ns(engine, engine->started)) {
        struct connection *connection = &engine->connections[engine->started++];
        if (connection->state == CONNECTION_IDLE ||
            connection->state == CONNECTION_CLOSED)
            connection_becomes_free(engine, connection, clock_now_ns());
    }
}

/* ---- events -------------------------------------------------------------------------
 */

static void connection_event_opening(struct engine *engine, struct connection *connection)
{
    int result = connection_opened(connection);
    if (result == 0)
        return;
    uint64_t now_ns = clock_now_ns();
    if (result < 0) {
        engine->connect_error = result;
        connection_fails(engine, connection, failure_of_errno(-result), now_ns);
        return;
    }
    engine->opening--;
    engine->totals.connections++;
    connection->state = CONNECTION_IDLE;
    if (connection->has_request)
        send_request(engine, connection, now_ns);
    else
        connection_becomes_free(engine, connection, now_ns);
}

/* Nothing is expected of it: the server closes it, or says something unasked. */
static void connection_event_idle(struct engine *engine, struct connection *connection)
{
    char byte;
    ssize_t got = recv(connection->fd, &byte, 1, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    bool lingering = connection->state == CONNECTION_LINGERING;
    uint64_t now_ns = clock_now_ns();
    if (lingering) {
        connection_close(connection, &engine->parsers);
        connection_becomes_free(engine, connection, now_ns);
    } else {
        connection_rests(engine, connection, now_ns);
    }
}

static void receive_reply(struct engine *engine, struct connection *connection,
                          bool closing)
{
    struct pattern *pattern = &engine->patterns[connection->request];
    for (;;) {
        bool drained = false;
        enum receive_result result = connection_read(
            connection, pattern, &engine->parsers, &engine->buffer, &drained);
        int code = errno;
        switch (result) {
        case RECEIVE_REPLY:
            reply_complete(engine, connection, clock_now_ns(), closing);
            return;
        case RECEIVE_SOME:
            connection->state = CONNECTION_RECEIVING;
            /* The end of the stream raises no edge of its own if it came before. */
            if (drained && !closing)
                return;
            break;
        case RECEIVE_NOTHING:
            return;
        case RECEIVE_CLOSED:
            connection_fails(engine, connection, FAILURE_CLOSED_EARLY, clock_now_ns());
            return;
        case RECEIVE_MALFORMED:
            connection_fails(engine, connection, FAILURE_MALFORMED, clock_now_ns());
            return;
        case RECEIVE_FAILED:
            connection_fails(engine, connection, failure_of_errno(code), clock_now_ns());
            return;
        }
    }
}

static void handle_event(struct engine *engine, const struct epoll_event *event)
{
    uint64_t tag = event->data.u64;
    if (tag == WAKE_TAG)
        return;
    struct connection *connection = &engine->connections[(uint32_t)tag];
    if (connection->generation != tag >> 32 || connection->fd < 0)
        return;
    bool readable = event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    bool closing = event->events & (EPOLLRDHUP | EPOLLHUP);
    switch ((enum connection_state)connection->state) {
    case CONNECTION_SENDING:
        if (event->events & EPOLLOUT)
            send_request(engine, connection, clock_now_ns());
        if (readable && connection->has_request && connection->fd >= 0)
            receive_reply(engine, connection, closing);
        break;
    case CONNECTION_AWAITING:
    case CONNECTION_RECEIVING:
        if (readable)
            receive_reply(engine, connection, closing);
        break;
    case CONNECTION_IDLE:
    case CONNECTION_LINGERING:
        if (readable)
            connection_event_idle(engine, connection);
        break;
    case CONNECTION_OPENING:
        connection_event_opening(engine, connection);
        break;
    case CONNECTION_CLOSED:
    case CONNECTION_RESTING:
        break;
    }
}

/*
 * Waits for events until the deadline and handles them; returns the time. The last
 * stretch before an arrival is polled where the plan allows it: a sleep ends some tens
 * of microseconds late, which would be added to the latency.
 */
static uint64_t wait_for_events(struct engine *engine, uint64_t now_ns,
                                uint64_t deadline_ns)
{
    struct epoll_event events[EVENTS_PER_WAIT];
    uint64_t wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    bool near = false;
    if (deadline_ns == engine->schedule.next_ns && engine->plan->spin_ns) {
        near = wait_ns > 0 && wait_ns <= engine->plan->spin_ns;
        wait_ns -= least(wait_ns, engine->plan->spin_ns);
    }
    struct timespec timeout = {
        .tv_sec = (time_t)(wait_ns / NS_PER_S),
        .tv_nsec = (long)(wait_ns % NS_PER_S),
    };
    int count = epoll_pwait2(engine->epoll, events, EVENTS_PER_WAIT, &timeout, NULL);
    engine->totals.waits++;
    for (int i = 0; i < count; i++)
        handle_event(engine, &events[i]);
    uint64_t after_ns = clock_now_ns();
    if (near && count <= 0 && engine->cpu_phase == CPU_WITHIN)
        engine->totals.spin_ns += after_ns - now_ns;
    return after_ns;
}

/* ---- time-outs, retries -------------------------------------------------------------
 */

static enum failure timeout_kind(const struct connection *connection)
{
    switch ((enum connection_state)connection->state) {
    case CONNECTION_OPENING:
        return FAILURE_CONNECT_TIMEOUT;
    case CONNECTION_RECEIVING:
        return FAILURE_BODY_TIMEOUT;
    default:
        return FAILURE_FIRST_BYTE_TIMEOUT;
    }
}

/* Looks after one connection; returns when it wants to be looked after again. */
static uint64_t sweep_connection(struct engine *engine, struct connection *connection,
                                 uint64_t now_ns)
{
    uint64_t timeout_ns = engine->plan->workload.timeout_ns;
    bool waits = connection->state == CONNECTION_RESTING ||
                 connection->state == CONNECTION_LINGERING;
    if (connection->has_request && timeout_ns && connection->scheduled_ns < now_ns &&
        now_ns - connection->scheduled_ns >= timeout_ns) {
        connection_fails(engine, connection, timeout_kind(connection), now_ns);
        return connection->retry_ns;
    }
    if (!waits)
        return UINT64_MAX;
    if (now_ns < connection->retry_ns)
        return connection->retry_ns;
    connection_close(connection, &engine->parsers);
    connection_becomes_free(engine, connection, clock_now_ns());
    return UINT64_MAX;
}

static void sweep(struct engine *engine, uint64_t now_ns)
{
    engine->next_sweep_ns = UINT64_MAX;
    uint64_t next_ns = now_ns + engine->sweep_gap_ns;
    for (uint32_t i = 0; i < engine->connection_count; i++)
        next_ns =
            least(next_ns, sweep_connection(engine, &engine->connections[i], now_ns));
    next_ns = least(next_ns, engine->next_sweep_ns);
    engine->next_sweep_ns = most(next_ns, now_ns + SWEEP_LEAST_NS);
}

/* ---- the loop -----------------------------------------------------------------------
 */

/* Takes over an earlier end that was asked for while the run goes on. */
static void heed_control(struct engine *engine)
{
    uint64_t end_ns =
        atomic_load_explicit(&engine->control->end_ns, memory_order_relaxed);
    if (end_ns < engine->phases.end_ns) {
        engine->phases.end_ns = end_ns;
        recorder_end_at(&engine->recorder, end_ns);
        schedule_end_at(&engine->schedule, end_ns);
    }
    engine->phases.stop_ns =
        least(engine->phases.stop_ns,
              atomic_load_explicit(&engine->control->stop_ns, memory_order_relaxed));
}

static uint64_t next_deadline(const struct engine *engine, uint64_t now_ns)
{
    const struct phases *phases = &engine->phases;
    uint64_t deadline_ns = engine->next_sweep_ns;
    deadline_ns = least(deadline_ns, now_ns < phases->begin_ns ? phases->begin_ns
                                     : now_ns < phases->end_ns ? phases->end_ns
                                                               : phases->stop_ns);
    if (engine->started < engine->connection_count)
        deadline_ns = least(deadline_ns, client_start_ns(engine, engine->started));
    if (engine->idle_first != CONNECTION_NONE)
        deadline_ns = least(deadline_ns, engine->schedule.next_ns);
    return deadline_ns;
}

/* Whether nothing is left to wait for. */
static bool is_over(const struct engine *engine, uint64_t now_ns)
{
    if (now_ns < engine->phases.end_ns)
        return false;
    bool all_ended =
        engine->recorder.in_flight == 0 && engine->schedule.next_ns == UINT64_MAX;
    return all_ended || now_ns >= engine->phases.stop_ns;
}

/* The measured CPU time runs from the first look at the clock in the window to its end.
 */
static void account_cpu(struct engine *engine, uint64_t now_ns)
{
    if (engine->cpu_phase == CPU_BEFORE && now_ns >= engine->phases.begin_ns) {
        engine->cpu_phase = CPU_WITHIN;
        engine->totals.cpu_ns = clock_thread_cpu_ns();
    }
    if (engine->cpu_phase == CPU_WITHIN && now_ns >= engine->phases.end_ns) {
        engine->cpu_phase = CPU_AFTER;
        engine->totals.cpu_ns = clock_thread_cpu_ns() - engine->totals.cpu_ns;
    }
}

/* Requests without a reply and arrivals that were never begun go into the books. */
static void close_books(struct engine *engine, uint64_t now_ns)
{
    for (uint32_t i = 0; i < engine->connection_count; i++) {
        struct connection *connection = &engine->connections[i];
        if (connection->has_request)
            recorder_unfinished(&engine->recorder, class_of(engine, connection),
                                connection->scheduled_ns, connection->sent_ns, now_ns);
        connection->has_request = false;
    }
    while (engine->schedule.next_ns != UINT64_MAX) {
        uint64_t due_ns = engine->schedule.next_ns;
        uint32_t request = schedule_take(&engine->schedule, &engine->mix);
        recorder_dropped(&engine->recorder, engine->plan->requests[request].class_index,
                         due_ns, now_ns);
    }
    recorder_advance(&engine->recorder, now_ns);
}

static void start(struct engine *engine, const struct phases *phases)
{
    const struct plan *plan = engine->plan;
    engine->phases = *phases;
    recorder_start(&engine->recorder, phases->begin_ns, phases->end_ns);
    schedule_start(&engine->schedule, phases->start_ns, phases->end_ns);
    engine->next_sweep_ns = phases->start_ns;
    if (plan->open && !plan->workload.keep_alive)
        for (uint32_t i = 0; i < engine->connection_count; i++)
            idle_push(engine, &engine->connections[i], phases->start_ns);
    if (plan->open)
        return;
    /* Clients that start together would stay together: spread them over half the
     * warm-up, so that the server sees as many phases as clients. */
    engine->started = 0;
    engine->start_gap_ns = (double)(phases->begin_ns - phases->start_ns) / 2 /
                           (double)plan->workload.connections;
}

void engine_run(struct engine *engine, const struct phases *phases)
{
    start(engine, phases);
    uint64_t now_ns = clock_now_ns();
    while (!is_over(engine, now_ns)) {
        uint64_t deadline_ns = next_deadline(engine, now_ns);
        now_ns = wait_for_events(engine, now_ns, deadline_ns);
        heed_control(engine);
        account_cpu(engine, now_ns);
        if (now_ns > deadline_ns && engine->cpu_phase == CPU_WITHIN)
            engine->totals.late_ns = most(engine->totals.late_ns, now_ns - deadline_ns);
        if (engine->started < engine->connection_count)
            start_clients(engine, now_ns);
        if (engine->schedule.next_ns <= now_ns)
            dispatch_arrivals(engine, now_ns);
        if (engine->next_sweep_ns <= now_ns)
            sweep(engine, now_ns);
    }
    close_books(engine, now_ns);
}

/* ---- set-up and tear-down -----------------------------------------------------------
 */

int engine_init(struct engine *engine, const struct plan *plan, struct control *control,
                unsigned number, struct error *error)
{
    const struct workload *workload = &plan->workload;
    uint64_t share = workload->connections / plan->threads +
                     (number < workload->connections % plan->threads);
    *engine = (struct engine){
        .plan = plan,
        .control = control,
        .number = number,
        .epoll = -1,
        .connection_count = (uint32_t)share,
        .buffer = {.capacity = SKIP_BYTES, .read_bytes = READ_BYTES},
        .phases = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
        .idle_first = CONNECTION_NONE,
        .next_sweep_ns = UINT64_MAX,
        .sweep_gap_ns = SWEEP_MOST_NS,
    };
    if (workload->timeout_ns)
        engine->sweep_gap_ns =
            most(least(workload->timeout_ns / 32, SWEEP_MOST_NS), SWEEP_LEAST_NS);
    engine->started = engine->connection_count; /* until start, nobody is to be started */
    engine->connections =
        memory_allocate_zeroed(engine->connection_count, sizeof *engine->connections);
    for (uint32_t i = 0; i < engine->connection_count; i++)
        engine->connections[i].fd = -1;
    engine->patterns =
        memory_allocate_zeroed(workload->request_count, sizeof *engine->patterns);
    for (size_t i = 0; i < workload->request_count; i++)
        pattern_init(&engine->patterns[i], plan->requests[i].reference,
                     plan->verify == VERIFY_LEARNED, plan->method == METHOD_HEAD);
    engine->buffer.data = memory_allocate(SKIP_BYTES);
    mix_init(&engine->mix, workload, plan->seed, number);
    schedule_init(&engine->schedule, workload, plan->seed, number, plan->threads);
    engine->paces = memory_allocate_zeroed(engine->schedule.count, sizeof *engine->paces);
    for (size_t i = 0; i < engine->schedule.count; i++)
        pace_init(&engine->paces[i], engine->schedule.processes[i].arrivals,
                  engine->schedule.processes[i].gap_ns);
    recorder_init(&engine->recorder, plan->class_count, plan->interval_ns,
                  workload->duration_ns);

    if (plan->watcher) {
        engine->tally = memory_allocate_zeroed(1, sizeof *engine->tally);
        engine->tally->limit_ns = plan->watcher->limit_ns;
        engine->recorder.tally = engine->tally;
    }

    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event wake = {.events = EPOLLIN | EPOLLET, .data.u64 = WAKE_TAG};
    if (engine->epoll < 0 ||
        epoll_ctl(engine->epoll, EPOLL_CTL_ADD, control->wake, &wake) < 0)
        return error_set(error, -errno, "cannot set up epoll: %s", strerror(errno));
    return 0;
}

void engine_release(struct engine *engine)
{
    engine_disconnect(engine);
    if (engine->epoll >= 0)
        close(engine->epoll);
    for (size_t i = 0; i < engine->plan->workload.request_count; i++)
        pattern_release(&engine->patterns[i]);
    free(engine->patterns);
    free(engine->connections);
    free(engine->buffer.data);
    parser_pool_release(&engine->parsers);
    mix_release(&engine->mix);
    for (size_t i = 0; i < engine->schedule.count; i++)
        pace_release(&engine->paces[i]);
    free(engine->paces);
    free(engine->tally);
    schedule_release(&engine->schedule);
    recorder_release(&engine->recorder);
}

void engine_disconnect(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->connection_count; i++)
        connection_close(&engine->connections[i], &engine->parsers);
}

static int connect_failure(const struct engine *engine, int code, uint32_t wanted,
                           struct error *error)
{
    const char *advice = "";
    if (code == -ECONNREFUSED)
        advice = ": is the server running?";
    else if (code == -ETIMEDOUT)
        advice = ": its backlog is full; lower --connections or raise the backlog";
    else if (code == -EADDRNOTAVAIL)
        advice = ": this machine has no ports left";
    return error_set(
        error, code, "cannot connect to %s (%llu of %u connections stand): %s%s",
        engine->plan->target.url, (unsigned long long)engine->totals.connections, wanted,
        strerror(-code), advice);
}

/* Opens connections `begun` up to `until` and waits until they stand. 0 or -errno. */
static int connect_batch(struct engine *engine, uint32_t begun, uint32_t until)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t patience_ns = now_ns + CONNECT_PATIENCE_S * NS_PER_S;
    for (uint32_t i = begun; i < until && !engine->connect_error; i++)
        open_connection(engine, &engine->connections[i], now_ns);
    while (engine->opening && !engine->connect_error) {
        now_ns = wait_for_events(engine, now_ns, patience_ns);
        if (atomic_load(&engine->control->stop_ns) <= now_ns)
            return -EINTR;
        if (now_ns >= patience_ns)
            return -ETIMEDOUT;
    }
    return engine->connect_error;
}

int engine_connect(struct engine *engine, struct error *error)
{
    uint32_t wanted = engine->plan->workload.keep_alive ? engine->connection_count : 1;
    uint32_t batch = (uint32_t)most(1, CONNECT_BATCH / engine->plan->threads);
    for (uint32_t begun = 0; begun < wanted; begun += batch) {
        uint32_t until = (uint32_t)least(wanted, begun + batch);
        int result = connect_batch(engine, begun, until);
        if (result == -EINTR)
            return error_set(error, result, "interrupted while connecting");
        if (result < 0)
            return connect_failure(engine, result, wanted, error);
        if (until < wanted)
            clock_sleep_until_ns(clock_now_ns() + CONNECT_PAUSE_NS);
    }
    return 0;
}
