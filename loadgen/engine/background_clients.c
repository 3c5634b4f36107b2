/* background_clients.c - see background_clients.h. */
#include "loadgen/engine/background_clients.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define EVENTS_PER_WAIT 256
#define BUFFER_BYTES    65536
#define RETRY_NS        NS_PER_S

/* How often a slow client moves, unless a single byte takes longer. */
#define STEP_NS (100 * NS_PER_MS)

/*
 * Receive buffer of a slow reader: some steps' worth, and not so little that the sender
 * waits for its persist timer rather than for us.
 */
#define BUFFER_STEPS       4
#define BUFFER_LEAST_BYTES 4096
#define BUFFER_MOST_BYTES  (1 << 20)

const char *const crowd_names[CROWD_KINDS] = {
    [CROWD_IDLE] = "idle",
    [CROWD_SLOW_READERS] = "slow_readers",
    [CROWD_SLOW_SENDERS] = "slow_senders",
};

static enum crowd_kind kind_of(const struct crowd *crowd, uint32_t index)
{
    int kind = CROWD_IDLE;
    while (index >= crowd->first_of[kind + 1])
        kind++;
    return (enum crowd_kind)kind;
}

static const struct slow_clients *slow_clients_of(const struct crowd *crowd,
                                                  enum crowd_kind kind)
{
    const struct workload *workload = &crowd->plan->workload;
    return kind == CROWD_SLOW_READERS ? &workload->slow_readers : &workload->slow_senders;
}

static const struct message *message_of(const struct crowd *crowd, enum crowd_kind kind,
                                        const struct connection *connection)
{
    const struct planned_request *request =
        kind == CROWD_SLOW_READERS ? &crowd->plan->slow_read : &crowd->plan->slow_send;
    return plan_message(request, connection->target, false);
}

/* ---- pace ---------------------------------------------------------------------------
 */

/* Time in which a slow client may move so many bytes. */
static uint64_t time_of(const struct slow_clients *clients, uint64_t bytes)
{
    return (uint64_t)((double)bytes / (double)clients->bytes_per_second * NS_PER_S);
}

/* How often it moves: not more than STEP_NS apart, unless a byte takes longer. */
static uint64_t step_of(const struct slow_clients *clients)
{
    uint64_t byte_ns = time_of(clients, 1);
    return byte_ns > STEP_NS ? byte_ns : STEP_NS;
}

/*
 * Bytes that it may move now. retry_ns is the time that its bytes so far account for; a
 * client that could not move catches up on no more than a second.
 */
static size_t allowance(const struct slow_clients *clients, struct connection *connection,
                        uint64_t now_ns)
{
    if (now_ns - connection->retry_ns > NS_PER_S + step_of(clients))
        connection->retry_ns = now_ns - NS_PER_S;
    double seconds = (double)(now_ns - connection->retry_ns) / NS_PER_S;
    double bytes = seconds * (double)clients->bytes_per_second + 0.001;
    return bytes < BUFFER_BYTES ? (size_t)bytes : BUFFER_BYTES;
}

static int receive_buffer_bytes(const struct slow_clients *clients)
{
    uint64_t bytes = clients->bytes_per_second * STEP_NS / NS_PER_S * BUFFER_STEPS;
    if (bytes < BUFFER_LEAST_BYTES)
        return BUFFER_LEAST_BYTES;
    return bytes < BUFFER_MOST_BYTES ? (int)bytes : BUFFER_MOST_BYTES;
}

/* ---- the life of a connection -------------------------------------------------------
 */

static void open_one(struct crowd *crowd, uint32_t index, uint64_t now_ns)
{
    struct connection *connection = &crowd->connections[index];
    enum crowd_kind kind = kind_of(crowd, index);
    const struct connection_way way = {
        .target = &crowd->plan->targets[connection->target],
        .sources = &crowd->sources,
        .epoll = crowd->epoll,
        .receive_buffer_bytes = kind == CROWD_SLOW_READERS
                                    ? receive_buffer_bytes(slow_clients_of(crowd, kind))
                                    : 0,
    };
    int result = connection_open(connection, index, &way);
    if (result == 0) {
        crowd->opening++;
        return;
    }
    crowd->open_error = result;
    crowd->totals[kind].failed++;
    timers_add(&crowd->timers, now_ns + RETRY_NS, index);
}

/* The connection is lost; another one takes its place after a while. */
static void lose(struct crowd *crowd, uint32_t index, uint64_t *counter, uint64_t now_ns)
{
    struct connection *connection = &crowd->connections[index];
    crowd->opening -= connection->state == CONNECTION_OPENING;
    (*counter)++;
    connection_close(connection, &crowd->parsers);
    connection->ready_ns = now_ns + RETRY_NS;
    timers_add(&crowd->timers, connection->ready_ns, index);
}

static void begin(struct crowd *crowd, uint32_t index, uint64_t now_ns)
{
    struct connection *connection = &crowd->connections[index];
    connection->sent_bytes = 0;
    connection->ready_ns = now_ns;
    connection->retry_ns =
        now_ns - step_of(slow_clients_of(crowd, kind_of(crowd, index)));
    timers_add(&crowd->timers, now_ns, index);
}

/* Writes up to `bytes` bytes of the request. */
static void write_some(struct crowd *crowd, uint32_t index, size_t bytes, uint64_t now_ns)
{
    struct connection *connection = &crowd->connections[index];
    enum crowd_kind kind = kind_of(crowd, index);
    const struct message *message = message_of(crowd, kind, connection);
    size_t left = message->length - connection->sent_bytes;
    struct iovec part = {message->bytes + connection->sent_bytes,
                         left < bytes ? left : bytes};
    ssize_t wrote = connection_write(connection, &part, 1);
    if (wrote < 0) {
        lose(crowd, index, &crowd->totals[kind].failed, now_ns);
        return;
    }
    connection->sent_bytes += (size_t)wrote;
    if (kind == CROWD_SLOW_SENDERS) {
        crowd->totals[kind].bytes += (uint64_t)wrote;
        connection->retry_ns += time_of(slow_clients_of(crowd, kind), (uint64_t)wrote);
    }
}

enum read_result {
    READ_NOTHING, /* the socket is drained */
    READ_MORE,    /* the reply goes on, or nobody asked */
    READ_REPLY,   /* it is complete, and the connection goes on */
    READ_LOST,    /* there is no connection any more */
};

static enum read_result lost(struct crowd *crowd, uint32_t index, uint64_t *counter,
                             uint64_t now_ns)
{
    lose(crowd, index, counter, now_ns);
    return READ_LOST;
}

static enum read_result take_in(struct crowd *crowd, uint32_t index, size_t bytes,
                                uint64_t now_ns)
{
    struct connection *connection = &crowd->connections[index];
    enum crowd_kind kind = kind_of(crowd, index);
    struct crowd_totals *totals = &crowd->totals[kind];
    size_t used;
    if (kind == CROWD_IDLE)
        return READ_MORE;
    enum framing_result framed =
        framing_feed(&connection->framing, &crowd->patterns[kind], &crowd->parsers,
                     crowd->buffer, bytes, &used);
    if (framed == FRAMING_MORE)
        return READ_MORE;
    if (framed == FRAMING_MALFORMED || used < bytes)
        return lost(crowd, index, &totals->failed, now_ns);
    totals->replies++;
    if (!connection->framing.keep_alive)
        return lost(crowd, index, &totals->closed, now_ns);
    return READ_REPLY;
}

/* Reads up to `bytes` bytes. */
static enum read_result read_some(struct crowd *crowd, uint32_t index, size_t bytes,
                                  uint64_t now_ns)
{
    struct connection *connection = &crowd->connections[index];
    enum crowd_kind kind = kind_of(crowd, index);
    struct crowd_totals *totals = &crowd->totals[kind];
    const struct receive_buffer buffer = {
        .data = crowd->buffer, .capacity = bytes, .read_bytes = bytes};
    bool drained;
    ssize_t got = connection_read(connection, &buffer, &drained);
    if (got == -EAGAIN || got == -EINTR)
        return READ_NOTHING;
    if (got < 0)
        return lost(crowd, index, &totals->failed, now_ns);
    if (got == 0) {
        totals->replies +=
            framing_end_of_stream(&connection->framing, &crowd->parsers) == FRAMING_REPLY;
        return lost(crowd, index, &totals->closed, now_ns);
    }
    if (kind == CROWD_SLOW_READERS) {
        totals->bytes += (uint64_t)got;
        connection->retry_ns += time_of(slow_clients_of(crowd, kind), (uint64_t)got);
    }
    return take_in(crowd, index, (size_t)got, now_ns);
}

static void move_reader(struct crowd *crowd, uint32_t index, uint64_t now_ns)
{
    struct connection *connection = &crowd->connections[index];
    const struct slow_clients *clients = &crowd->plan->workload.slow_readers;
    size_t length = message_of(crowd, CROWD_SLOW_READERS, connection)->length;
    if (connection->sent_bytes < length) {
        write_some(crowd, index, length, now_ns);
        return;
    }
    size_t bytes = allowance(clients, connection, now_ns);
    if (bytes && read_some(crowd, index, bytes, now_ns) == READ_REPLY)
        connection->sent_bytes = 0;
}

/* A slow client's time has come. */
static void move_on(struct crowd *crowd, uint32_t index, uint64_t now_ns)
{
    struct connection *connection = &crowd->connections[index];
    enum crowd_kind kind = kind_of(crowd, index);
    const struct slow_clients *clients = slow_clients_of(crowd, kind);
    if (kind == CROWD_SLOW_READERS) {
        move_reader(crowd, index, now_ns);
    } else {
        size_t bytes = allowance(clients, connection, now_ns);
        if (bytes)
            write_some(crowd, index, bytes, now_ns);
        /* When all is written an event tells of the reply. */
        if (connection->sent_bytes == message_of(crowd, kind, connection)->length)
            return;
    }
    if (connection->state != CONNECTION_OPEN)
        return;
    connection->ready_ns = now_ns + step_of(clients);
    timers_add(&crowd->timers, connection->ready_ns, index);
}

/* ---- events -------------------------------------------------------------------------
 */

static void event_while_opening(struct crowd *crowd, uint32_t index, uint64_t now_ns)
{
    struct connection *connection = &crowd->connections[index];
    enum crowd_kind kind = kind_of(crowd, index);
    int result = connection_opened(connection);
    if (result == 0)
        return;
    if (result < 0) {
        crowd->open_error = result;
        lose(crowd, index, &crowd->totals[kind].failed, now_ns);
        return;
    }
    crowd->opening--;
    crowd->totals[kind].opened++;
    connection->state = CONNECTION_OPEN;
    if (kind != CROWD_IDLE)
        begin(crowd, index, now_ns);
}

/* Readers look at their sockets when it is time to, whatever happens there. */
static void event_while_open(struct crowd *crowd, uint32_t index, uint32_t events,
                             uint64_t now_ns)
{
    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ||
        kind_of(crowd, index) == CROWD_SLOW_READERS)
        return;
    enum read_result result;
    do
        result = read_some(crowd, index, BUFFER_BYTES, now_ns);
    while (result == READ_MORE);
    if (result != READ_REPLY)
        return;
    if (events & (EPOLLRDHUP | EPOLLHUP))
        lose(crowd, index, &crowd->totals[CROWD_SLOW_SENDERS].closed, now_ns);
    else
        begin(crowd, index, now_ns);
}

void crowd_events(struct crowd *crowd)
{
    struct epoll_event events[EVENTS_PER_WAIT];
    int count = epoll_wait(crowd->epoll, events, EVENTS_PER_WAIT, 0);
    uint64_t now_ns = clock_now_ns();
    for (int i = 0; i < count; i++) {
        uint32_t index = (uint32_t)events[i].data.u64;
        const struct connection *connection = &crowd->connections[index];
        if (connection->generation != events[i].data.u64 >> 32 || connection->fd < 0)
            continue;
        if (connection->state == CONNECTION_OPENING)
            event_while_opening(crowd, index, now_ns);
        else
            event_while_open(crowd, index, events[i].events, now_ns);
    }
}

uint64_t crowd_next_ns(const struct crowd *crowd)
{
    return timers_next_ns(&crowd->timers);
}

void crowd_step(struct crowd *crowd, uint64_t now_ns)
{
    while (timers_next_ns(&crowd->timers) <= now_ns) {
        uint32_t index = timers_take(&crowd->timers);
        const struct connection *connection = &crowd->connections[index];
        if (connection->state == CONNECTION_CLOSED)
            open_one(crowd, index, now_ns);
        else if (connection->state == CONNECTION_OPEN && connection->ready_ns <= now_ns &&
                 kind_of(crowd, index) != CROWD_IDLE)
            move_on(crowd, index, now_ns);
    }
}

/* ---- set-up and tear-down -----------------------------------------------------------
 */

static uint64_t share_of(uint64_t count, const struct plan *plan, unsigned number)
{
    return count / plan->threads + (number < count % plan->threads);
}

int crowd_init(struct crowd *crowd, const struct plan *plan, unsigned number)
{
    const struct workload *workload = &plan->workload;
    *crowd =
        (struct crowd){.plan = plan, .epoll = -1, .sources = {.most = plan->sources}};
    const uint64_t counts[CROWD_KINDS] = {
        [CROWD_IDLE] = workload->idle,
        [CROWD_SLOW_READERS] = workload->slow_readers.count,
        [CROWD_SLOW_SENDERS] = workload->slow_senders.count,
    };
    for (int i = 0; i < CROWD_KINDS; i++) {
        crowd->totals[i].count = share_of(counts[i], plan, number);
        crowd->first_of[i + 1] = crowd->first_of[i] + (uint32_t)crowd->totals[i].count;
    }
    crowd->count = crowd->first_of[CROWD_KINDS];
    if (!crowd->count)
        return 0;
    crowd->connections = memory_allocate_zeroed(crowd->count, sizeof *crowd->connections);
    for (uint32_t i = 0; i < crowd->count; i++) {
        crowd->connections[i].fd = -1;
        crowd->connections[i].target =
            (uint16_t)plan_target_of(plan, (uint64_t)i * plan->threads + number);
    }
    const struct planned_request *requests[] = {NULL, &plan->slow_read, &plan->slow_send};
    for (int i = CROWD_SLOW_READERS; i < CROWD_KINDS; i++)
        pattern_init(&crowd->patterns[i], requests[i]->reference, false,
                     plan->method == METHOD_HEAD);
    crowd->buffer = memory_allocate(BUFFER_BYTES);
    crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
    return crowd->epoll < 0 ? -errno : 0;
}

void crowd_open(struct crowd *crowd, uint32_t begun, uint32_t until)
{
    uint64_t now_ns = clock_now_ns();
    for (uint32_t i = begun; i < until; i++)
        open_one(crowd, i, now_ns);
}

void crowd_close(struct crowd *crowd)
{
    for (uint32_t i = 0; i < crowd->count; i++)
        connection_close(&crowd->connections[i], &crowd->parsers);
}

void crowd_release(struct crowd *crowd)
{
    crowd_close(crowd);
    if (crowd->count && crowd->epoll >= 0)
        close(crowd->epoll);
    for (int i = 0; i < CROWD_KINDS; i++)
        pattern_release(&crowd->patterns[i]);
    parser_pool_release(&crowd->parsers);
    timers_release(&crowd->timers);
    free(crowd->connections);
    free(crowd->buffer);
    *crowd = (struct crowd){.epoll = -1};
}
