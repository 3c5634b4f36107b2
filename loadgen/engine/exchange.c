/* exchange.c - see exchange.h. */
#include "loadgen/engine/exchange.h"

#include <errno.h>
#include <math.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/compare.h"

/* Exponential back-off after failures in a row, between these bounds. */
#define BACKOFF_LEAST_NS   NS_PER_MS
#define BACKOFF_MAX_NS     NS_PER_S
#define BACKOFF_MAX_SHIFTS 10

/* Requests of a pipeline that are written in one system call, at most. */
#define SEND_AT_ONCE 64

/* How often the wanted number of clients is computed. */
#define CLIENTS_STEP_NS (10 * NS_PER_MS)

static uint32_t index_of(const struct engine *engine,
                         const struct client_connection *connection)
{
    return (uint32_t)(connection - engine->connections);
}

struct exchange *exchange_at(const struct engine *engine,
                             const struct client_connection *connection, uint32_t number)
{
    uint32_t place = connection->head + number;
    if (place >= engine->depth)
        place -= engine->depth;
    return &engine
                ->exchanges[(size_t)index_of(engine, connection) * engine->depth + place];
}

uint32_t exchange_class(const struct engine *engine, const struct exchange *exchange)
{
    return engine->plan->requests[exchange->request].class_index;
}

uint64_t exchange_first_ns(const struct client_connection *connection, uint32_t number)
{
    bool begun = number == 0 && connection->framing.state != FRAMING_START;
    return begun ? connection->first_ns : 0;
}

/* Whether a request may still begin. */
static bool is_needed(const struct engine *engine, uint64_t now_ns)
{
    return now_ns < engine->timeline.end_ns || engine->schedule.next_ns != UINT64_MAX;
}

/* Whether a closed connection stays closed until a request opens it. */
static bool opens_on_demand(const struct engine *engine)
{
    const struct workload *workload = &engine->plan->workload;
    return workload_requests_per_connection(workload) ||
           workload_connects_as_needed(workload);
}

/* ---- free connections (open loop) -------------------------------------------------- */

static bool has_place(const struct engine *engine,
                      const struct client_connection *connection)
{
    if (connection->state == CONNECTION_OPEN)
        return connection->count < engine->depth && !connection->last_begun;
    return connection->state == CONNECTION_CLOSED && connection->count == 0 &&
           opens_on_demand(engine);
}

static bool any_free(const struct engine *engine)
{
    return engine->free_open.count || engine->free_closed.count;
}

/* `since_ns` becomes free_since_ns where no connection was free. */
static void add_free(struct engine *engine, struct client_connection *connection,
                     uint64_t since_ns)
{
    if (connection->listed)
        return;
    if (!any_free(engine))
        engine->free_since_ns = since_ns;
    connection->listed = true;
    free_set_add(connection->state == CONNECTION_OPEN ? &engine->free_open
                                                      : &engine->free_closed,
                 index_of(engine, connection));
}

/* Lazy deletion: connections that are no longer free are skipped here. */
static struct client_connection *take_free(struct engine *engine)
{
    while (any_free(engine)) {
        struct free_set *set =
            engine->free_open.count ? &engine->free_open : &engine->free_closed;
        struct client_connection *connection =
            &engine->connections[free_set_take(set, &engine->choice)];
        connection->listed = false;
        if (has_place(engine, connection))
            return connection;
    }
    return NULL;
}

/* ---- failures ---------------------------------------------------------------------- */

static void sweep_by(struct engine *engine, uint64_t at_ns)
{
    engine->next_sweep_ns = least_of(engine->next_sweep_ns, at_ns);
}

/* Closes the connection; it is opened again after an exponential back-off. */
static void back_off(struct engine *engine, struct client_connection *connection,
                     uint64_t now_ns)
{
    if (connection->state == CONNECTION_OPENING)
        engine->opening--;
    client_connection_close(connection, &engine->parsers);
    uint32_t shift = connection->failures < BACKOFF_MAX_SHIFTS ? connection->failures
                                                               : BACKOFF_MAX_SHIFTS;
    connection->failures++;
    connection->state = CONNECTION_BACKOFF;
    connection->retry_ns = now_ns + least_of(BACKOFF_LEAST_NS << shift, BACKOFF_MAX_NS);
    sweep_by(engine, connection->retry_ns);
}

void exchange_fail(struct engine *engine, struct client_connection *connection,
                   enum failure failure, uint64_t now_ns)
{
    for (uint32_t i = 0; i < connection->count; i++) {
        const struct exchange *exchange = exchange_at(engine, connection, i);
        recorder_failed(&engine->recorder, exchange_class(engine, exchange),
                        exchange->scheduled_ns, exchange->sent_ns,
                        exchange_first_ns(connection, i), now_ns,
                        i == 0 ? failure : FAILURE_BEHIND);
    }
    engine->targets[connection->target].failed += connection->count;
    connection->count = 0;
    connection->unsent = 0;
    back_off(engine, connection, now_ns);
}

/* ---- opening ----------------------------------------------------------------------- */

void exchange_open(struct engine *engine, struct client_connection *connection,
                   uint64_t now_ns)
{
    const struct connect_options options = {
        .target = &engine->plan->targets[connection->target],
        .sources = &engine->sources,
        .epoll = engine->epoll,
    };
    connection->opening_ns = clock_now_ns();
    int result =
        client_connection_open(connection, index_of(engine, connection), &options);
    if (result == 0) {
        engine->opening++;
        return;
    }
    engine->connect_error = result;
    exchange_fail(engine, connection, failure_of_errno(-result), now_ns);
}

/* ---- connections that the server closed while they were idle ----------------------- */

/* Whether a reply came on this socket. */
static bool was_kept(const struct client_connection *connection)
{
    return connection->begun > connection->count;
}

/* The longest that a close which crosses a request on the wire is in coming: two round
 * trips, of which a connect took one; at least the time by which a process may be late.
 */
#define CROSSING_LEAST_NS (20 * NS_PER_MS)

static bool has_just_gone_out(const struct client_connection *connection,
                              const struct exchange *exchange, uint64_t now_ns)
{
    uint64_t longest_ns = most_of(2 * connection->connect_ns, CROSSING_LEAST_NS);
    return !exchange->sent_ns || now_ns - exchange->sent_ns <= longest_ns;
}

/*
 * Whether the server closed the connection in between: before it knew of the request that
 * has just gone out, or right after, which a client cannot tell apart. Clients send such
 * a request again (RFC 9112, 9.3.1; curl and Go do, however late the close comes). On a
 * socket without a reply it is a failure, so that no request goes out more than twice. So
 * it is in a pipeline, which must not be resumed at once (RFC 9112, 9.3.2).
 */
static bool is_closed_idle(const struct engine *engine,
                           const struct client_connection *connection, int code,
                           uint64_t now_ns)
{
    bool ended = code == 0 || code == -ECONNRESET || code == -EPIPE;
    return ended && engine->depth == 1 && connection->count == 1 &&
           connection->framing.state == FRAMING_START && was_kept(connection) &&
           has_just_gone_out(connection, exchange_at(engine, connection, 0), now_ns);
}

/* The connection has ended (code 0) or broken (-errno) under its requests. */
static void connection_lost(struct engine *engine, struct client_connection *connection,
                            int code, uint64_t now_ns)
{
    enum failure failure = code ? failure_of_errno(-code) : FAILURE_CLOSED_EARLY;
    if (is_closed_idle(engine, connection, code, now_ns)) {
        uint32_t request = exchange_at(engine, connection, 0)->request;
        engine->totals.closed_idle++;
        if (engine->plan->requests[request].idempotent) {
            engine->totals.resent++;
            client_connection_close(connection, &engine->parsers);
            exchange_open(engine, connection, now_ns);
            return;
        }
        failure = FAILURE_CLOSED_IDLE;
    }
    exchange_fail(engine, connection, failure, now_ns);
}

/* ---- sending ----------------------------------------------------------------------- */

/* Accounts for `bytes` that the socket took at now_ns. */
static void account_sent(struct engine *engine, struct client_connection *connection,
                         size_t bytes, uint64_t now_ns)
{
    recorder_bytes(&engine->recorder, bytes, 0, now_ns);
    while (bytes) {
        struct exchange *exchange = exchange_at(
            engine, connection, (uint32_t)connection->count - connection->unsent);
        const struct planned_request *request =
            &engine->plan->requests[exchange->request];
        if (!exchange->sent_ns) {
            exchange->sent_ns = now_ns;
            engine->targets[connection->target].sent++;
            recorder_sent(&engine->recorder, request->class_index, exchange->scheduled_ns,
                          now_ns);
            if (engine->plan->open)
                recorder_lag(&engine->recorder, exchange->scheduled_ns, now_ns);
        }
        size_t left =
            load_plan_message(request, connection->target, exchange->last)->length -
            connection->sent_bytes;
        if (bytes < left) {
            connection->sent_bytes += bytes;
            return;
        }
        bytes -= left;
        connection->sent_bytes = 0;
        connection->unsent--;
    }
}

/* Writes the connection's unsent requests, as far as the socket takes them. */
static void send_requests(struct engine *engine, struct client_connection *connection,
                          uint64_t now_ns)
{
    while (connection->unsent) {
        struct iovec parts[SEND_AT_ONCE];
        size_t count = 0, total = 0;
        for (; count < connection->unsent && count < SEND_AT_ONCE; count++) {
            const struct exchange *exchange =
                exchange_at(engine, connection,
                            (uint32_t)(connection->count - connection->unsent + count));
            const struct message *message =
                load_plan_message(&engine->plan->requests[exchange->request],
                                  connection->target, exchange->last);
            size_t skipped = count ? 0 : connection->sent_bytes;
            parts[count] =
                (struct iovec){message->bytes + skipped, message->length - skipped};
            total += parts[count].iov_len;
        }
        ssize_t wrote = client_connection_write(connection, parts, count);
        if (wrote < 0) {
            connection_lost(engine, connection, (int)wrote, now_ns);
            return;
        }
        account_sent(engine, connection, (size_t)wrote, now_ns);
        if ((size_t)wrote < total)
            return; /* The socket is full: the next EPOLLOUT edge continues. */
    }
}

/* Sends the requests in the ring, or opens the connection for them. */
static void send_or_open(struct engine *engine, struct client_connection *connection,
                         uint64_t now_ns)
{
    if (connection->state == CONNECTION_OPEN)
        send_requests(engine, connection, now_ns);
    else if (connection->state == CONNECTION_CLOSED)
        exchange_open(engine, connection, now_ns);
}

/* Adds a request to the end of the ring, which must not be full. */
static void begin(struct engine *engine, struct client_connection *connection,
                  uint32_t request, uint64_t scheduled_ns)
{
    uint64_t limit = workload_requests_per_connection(&engine->plan->workload);
    /* The ring of a closed connection holds the first requests of its next socket. */
    uint64_t begun =
        connection->state == CONNECTION_OPEN ? connection->begun : connection->count;
    bool last = limit && begun + 1 == limit;
    struct exchange *exchange = exchange_at(engine, connection, connection->count);
    *exchange =
        (struct exchange){.scheduled_ns = scheduled_ns, .request = request, .last = last};
    connection->count++;
    connection->unsent++;
    connection->begun++;
    connection->last_begun = last;
    recorder_begun(&engine->recorder, exchange_class(engine, exchange), scheduled_ns);
}

/* A socket is connected: the requests in the ring are its first ones. */
static void opened(struct engine *engine, struct client_connection *connection,
                   uint64_t now_ns)
{
    uint64_t limit = workload_requests_per_connection(&engine->plan->workload);
    engine->opening--;
    connection->connect_ns = now_ns - connection->opening_ns;
    histogram_record(&engine->recorder.connects, connection->connect_ns);
    engine->totals.connections++;
    engine->totals.reconnects += connection->stood;
    connection->stood = true;
    connection->state = CONNECTION_OPEN;
    connection->begun = connection->count;
    connection->unsent = connection->count;
    connection->sent_bytes = 0;
    for (uint32_t i = 0; i < connection->count; i++)
        exchange_at(engine, connection, i)->last = limit && i + 1 == limit;
    connection->last_begun = limit && connection->count == limit;
    if (connection->count)
        send_requests(engine, connection, now_ns);
    if (connection->state == CONNECTION_OPEN && has_place(engine, connection))
        exchange_next(engine, connection, now_ns);
}

/* ---- what a connection does next --------------------------------------------------- */

void exchange_dispatch(struct engine *engine, uint64_t now_ns)
{
    struct schedule *schedule = &engine->schedule;
    uint64_t timeout_ns = engine->plan->workload.timeout_ns;
    while (schedule->next_ns <= now_ns) {
        uint64_t due_ns = schedule->next_ns;
        const struct arrival_process *process = schedule->next;
        struct pace *pace = &engine->paces[process - schedule->processes];
        if (timeout_ns && now_ns - due_ns >= timeout_ns) {
            uint32_t request = schedule_take(schedule, &engine->mix);
            recorder_dropped(&engine->recorder,
                             engine->plan->requests[request].class_index, due_ns, now_ns);
            pace_break(pace);
            continue;
        }
        struct client_connection *connection = take_free(engine);
        if (!connection)
            return;
        uint64_t since_ns = engine->free_since_ns;
        uint32_t request = schedule_take(schedule, &engine->mix);
        now_ns = clock_now_ns();
        uint64_t late_ns = now_ns - most_of(due_ns, since_ns);
        recorder_taken(&engine->recorder, due_ns, due_ns < since_ns, late_ns);
        if (recorder_belongs(&engine->recorder, due_ns) && process->profile.count)
            pace_sent(pace, schedule_even_ns(schedule, process, due_ns + late_ns));
        begin(engine, connection, request, due_ns);
        send_or_open(engine, connection, now_ns);
        if (connection->state == CONNECTION_OPEN && has_place(engine, connection))
            add_free(engine, connection, since_ns);
    }
}

/* Closed loop: the client fills its pipeline with requests and sends them. */
static void send_next(struct engine *engine, struct client_connection *connection,
                      uint64_t now_ns)
{
    if (index_of(engine, connection) >= engine->started || now_ns < connection->ready_ns)
        return;
    while (connection->count < engine->depth && !connection->last_begun &&
           schedule_claim(&engine->schedule, now_ns))
        begin(engine, connection, mix_draw(&engine->mix), now_ns);
    if (connection->count)
        send_or_open(engine, connection, now_ns);
}

void exchange_next(struct engine *engine, struct client_connection *connection,
                   uint64_t now_ns)
{
    bool closed = connection->state == CONNECTION_CLOSED;
    if (closed)
        connection->last_begun = false;
    if (closed && connection->count) {
        exchange_open(engine, connection, now_ns);
    } else if (!engine->plan->open) {
        send_next(engine, connection, now_ns);
    } else if (closed && !opens_on_demand(engine)) {
        if (is_needed(engine, now_ns))
            exchange_open(engine, connection, now_ns);
    } else {
        add_free(engine, connection, now_ns);
        if (engine->schedule.next_ns <= now_ns)
            exchange_dispatch(engine, now_ns);
    }
}

/* ---- clients of a closed loop ------------------------------------------------------ */

static bool is_ready(const struct client_connection *connection)
{
    bool stands =
        connection->state == CONNECTION_OPEN || connection->state == CONNECTION_CLOSED;
    return stands && connection->count == 0;
}

/* A client whose connection is opening or backs off is left alone: it sends when that is
 * over. */
void exchange_wake(struct engine *engine, uint32_t client, uint64_t now_ns)
{
    struct client_connection *connection = &engine->connections[client];
    if (is_ready(connection) && now_ns >= connection->ready_ns)
        exchange_next(engine, connection, clock_now_ns());
}

/* The number of a client among the clients of all threads, dealt out round robin. */
static double turn_of(const struct engine *engine, uint32_t client)
{
    return (double)client * engine->plan->threads + engine->number;
}

static uint64_t client_start_ns(const struct engine *engine, uint32_t client)
{
    return engine->timeline.start_ns +
           (uint64_t)(turn_of(engine, client) * engine->start_gap_ns);
}

/* This thread's part of the number of clients that the load profile wants now. */
static uint32_t clients_wanted(const struct engine *engine, uint64_t now_ns)
{
    if (!workload_phases_are_clients(&engine->plan->workload))
        return engine->connection_count;
    double at_s = (double)(now_ns - engine->timeline.start_ns) / NS_PER_S;
    double level = floor(load_profile_level(&engine->clients, at_s) + 0.5);
    double own = ceil((level - engine->number) / engine->plan->threads);
    return own <= 0 ? 0 : (uint32_t)least_of((uint64_t)own, engine->connection_count);
}

void exchange_start_clients(struct engine *engine, uint64_t now_ns)
{
    engine->clients_wanted = clients_wanted(engine, now_ns);
    if (engine->started > engine->clients_wanted)
        engine->started = engine->clients_wanted;
    while (engine->started < engine->clients_wanted &&
           now_ns >= client_start_ns(engine, engine->started)) {
        struct client_connection *connection = &engine->connections[engine->started++];
        if (is_ready(connection))
            exchange_next(engine, connection, clock_now_ns());
    }
    engine->next_clients_ns = workload_phases_are_clients(&engine->plan->workload)
                                  ? now_ns + CLIENTS_STEP_NS
                                  : UINT64_MAX;
}

uint64_t exchange_start_clients_at(const struct engine *engine)
{
    if (engine->plan->open)
        return UINT64_MAX;
    return engine->started < engine->clients_wanted
               ? least_of(engine->next_clients_ns,
                          client_start_ns(engine, engine->started))
               : engine->next_clients_ns;
}

/* ---- replies ----------------------------------------------------------------------- */

static const enum failure failure_of_verdict[] = {
    [VERDICT_CLIENT_ERROR] = FAILURE_STATUS_4XX,
    [VERDICT_SERVER_ERROR] = FAILURE_STATUS_5XX,
    [VERDICT_WRONG_LENGTH] = FAILURE_WRONG_LENGTH,
    [VERDICT_WRONG_DIGEST] = FAILURE_WRONG_DIGEST,
};

/* Starts the think time of a closed loop's client. */
static void think(struct engine *engine, struct client_connection *connection,
                  uint64_t now_ns)
{
    const struct workload *workload = &engine->plan->workload;
    double think_ns = (double)workload->think_ns;
    if (workload->think_times == THINK_EXPONENTIAL)
        think_ns = random_exponential(&engine->thinking, think_ns);
    connection->ready_ns = now_ns + (uint64_t)think_ns;
    timers_add(&engine->thinkers, connection->ready_ns, index_of(engine, connection));
}

/* The reply to the connection's oldest request is complete. */
static void answered(struct engine *engine, struct client_connection *connection,
                     uint64_t now_ns)
{
    const struct exchange *exchange = exchange_at(engine, connection, 0);
    struct target_result *target = &engine->targets[connection->target];
    enum verdict verdict = (enum verdict)connection->framing.verdict;
    recorder_status(&engine->recorder, exchange->scheduled_ns,
                    connection->framing.status);
    if (verdict == VERDICT_GOOD) {
        recorder_ok(&engine->recorder, exchange_class(engine, exchange),
                    exchange->scheduled_ns, exchange->sent_ns, connection->first_ns,
                    now_ns);
    } else {
        recorder_failed(&engine->recorder, exchange_class(engine, exchange),
                        exchange->scheduled_ns, exchange->sent_ns, connection->first_ns,
                        now_ns, failure_of_verdict[verdict]);
        target->failed++;
    }
    target->replies++;
    connection->replies += recorder_within(&engine->recorder);
    connection->failures = 0;
    connection->count--;
    if (++connection->head == engine->depth)
        connection->head = 0;
    if (engine->plan->workload.think_ns)
        think(engine, connection, now_ns);
}

/*
 * After a reply: whether the connection stays open. Else it is closed here and now, also
 * where the server announced that it closes: a server that does so late, or never, would
 * keep its client idle.
 */
static bool stays_open(struct engine *engine, struct client_connection *connection,
                       bool unsent)
{
    uint64_t limit = workload_requests_per_connection(&engine->plan->workload);
    bool limit_reached = limit && connection->last_begun && connection->count == 0;
    if (connection->framing.keep_alive && !limit_reached && !unsent)
        return true;
    client_connection_close(connection, &engine->parsers);
    return false;
}

enum feed_result { FEED_MORE, FEED_REPLIES, FEED_ENDED };

/* Reads replies out of `bytes` bytes. FEED_ENDED: the connection failed, or does not stay
 * open. */
static enum feed_result feed(struct engine *engine, struct client_connection *connection,
                             size_t bytes, uint64_t now_ns)
{
    const char *data = engine->buffer.data;
    enum feed_result result = FEED_MORE;
    while (bytes) {
        const struct exchange *exchange = exchange_at(engine, connection, 0);
        struct pattern *pattern =
            &engine->patterns[exchange->request * engine->plan->target_count +
                              connection->target];
        size_t used;
        if (connection->framing.state == FRAMING_START)
            connection->first_ns = now_ns;
        enum framing_result framed = framing_feed(&connection->framing, pattern,
                                                  &engine->parsers, data, bytes, &used);
        if (framed == FRAMING_MORE)
            return result;
        /* Bytes behind a reply belong to the next one, if a request was sent for it. */
        bool more_asked = connection->count - connection->unsent > 1;
        if (framed == FRAMING_MALFORMED || (used < bytes && !more_asked)) {
            exchange_fail(engine, connection, FAILURE_MALFORMED, now_ns);
            return FEED_ENDED;
        }
        data += used;
        bytes -= used;
        /* The server answered a request that is not wholly written: what is left of it
         * cannot be sent any more on this connection. */
        bool unsent = connection->unsent == connection->count;
        connection->unsent -= unsent;
        answered(engine, connection, now_ns);
        if (!stays_open(engine, connection, unsent)) {
            exchange_next(engine, connection, now_ns);
            return FEED_ENDED;
        }
        result = FEED_REPLIES;
    }
    return result;
}

/* The server has closed its side, or the socket is broken (code < 0). */
static void stream_ended(struct engine *engine, struct client_connection *connection,
                         int code)
{
    uint64_t now_ns = clock_now_ns();
    bool complete = code == 0 && framing_end_of_stream(&connection->framing,
                                                       &engine->parsers) == FRAMING_REPLY;
    if (complete)
        answered(engine, connection, now_ns);
    if (complete) {
        client_connection_close(connection, &engine->parsers);
        exchange_next(engine, connection, now_ns);
        return;
    }
    connection_lost(engine, connection, code, now_ns);
}

/* The server has closed a connection without a word, between two requests. */
static void closed_while_idle(struct engine *engine, struct client_connection *connection,
                              uint64_t now_ns)
{
    engine->totals.closed_idle++;
    client_connection_close(connection, &engine->parsers);
    exchange_next(engine, connection, now_ns);
}

/* `closing`: the server has closed its side (EPOLLRDHUP). With edge-triggered epoll there
 * is no other event for it, so that the socket is read until the end of the stream. */
static void receive(struct engine *engine, struct client_connection *connection,
                    bool closing)
{
    for (bool drained = false; !drained || closing;) {
        ssize_t got = client_connection_read(connection, &engine->buffer, &drained);
        if (got == -EAGAIN || got == -EINTR)
            return;
        if (got <= 0) {
            stream_ended(engine, connection, (int)got);
            return;
        }
        uint64_t now_ns = clock_now_ns();
        recorder_bytes(&engine->recorder, 0, (uint64_t)got, now_ns);
        enum feed_result fed = feed(engine, connection, (size_t)got, now_ns);
        if (closing && connection->state == CONNECTION_OPEN && !connection->count)
            closed_while_idle(engine, connection, now_ns);
        else if (fed == FEED_REPLIES && !closing)
            exchange_next(engine, connection, now_ns);
        if (fed == FEED_ENDED || connection->state != CONNECTION_OPEN ||
            !connection->count)
            return;
    }
}

/* ---- events ------------------------------------------------------------------------ */

static void event_while_opening(struct engine *engine,
                                struct client_connection *connection)
{
    int result = client_connection_opened(connection);
    if (result == 0)
        return;
    uint64_t now_ns = clock_now_ns();
    if (result < 0) {
        engine->connect_error = result;
        exchange_fail(engine, connection, failure_of_errno(-result), now_ns);
        return;
    }
    opened(engine, connection, now_ns);
}

/* No request is in flight: the server has closed the connection, or sends something
 * unasked. */
static void event_unasked(struct engine *engine, struct client_connection *connection)
{
    char byte;
    ssize_t got = recv(connection->fd, &byte, 1, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0 && was_kept(connection)) {
        closed_while_idle(engine, connection, clock_now_ns());
        return;
    }
    engine->totals.closed_idle += got <= 0;
    back_off(engine, connection, clock_now_ns());
}

void exchange_event(struct engine *engine, struct client_connection *connection,
                    uint32_t events)
{
    bool readable = events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    bool closing = events & (EPOLLRDHUP | EPOLLHUP);
    switch ((enum connection_state)connection->state) {
    case CONNECTION_OPEN:
        if (connection->unsent && (events & EPOLLOUT))
            send_requests(engine, connection, clock_now_ns());
        if (!readable || connection->state != CONNECTION_OPEN)
            break;
        if (connection->count)
            receive(engine, connection, closing);
        else
            event_unasked(engine, connection);
        break;
    case CONNECTION_OPENING:
        event_while_opening(engine, connection);
        break;
    case CONNECTION_CLOSED:
    case CONNECTION_BACKOFF:
        break;
    }
}
