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
 * Receive buffer of a slow reader, as a number of steps. With a smaller buffer the TCP
 * window closes, and the sender waits for its persist timer rather than for the reader.
 */
#define BUFFER_STEPS       4
#define BUFFER_LEAST_BYTES 4096
#define BUFFER_MAX_BYTES   (1 << 20)

static enum background_kind kind_of(const struct background_clients *background,
                                    uint32_t index)
{
    int kind = BACKGROUND_IDLE;
    while (index >= background->first_of[kind + 1])
        kind++;
    return (enum background_kind)kind;
}

static const struct slow_clients *
slow_clients_of(const struct background_clients *background, enum background_kind kind)
{
    const struct workload *workload = &background->plan->workload;
    return kind == BACKGROUND_SLOW_READERS ? &workload->slow_readers
                                           : &workload->slow_senders;
}

static const struct message *message_of(const struct background_clients *background,
                                        enum background_kind kind,
                                        const struct client_connection *connection)
{
    const struct planned_request *request = kind == BACKGROUND_SLOW_READERS
                                                ? &background->plan->slow_read
                                                : &background->plan->slow_send;
    return load_plan_message(request, connection->target, false);
}

/* ---- rate -------------------------------------------------------------------------- */

/* The time that a slow client takes for a number of bytes. */
static uint64_t time_of(const struct slow_clients *clients, uint64_t bytes)
{
    return (uint64_t)((double)bytes / (double)clients->bytes_per_second * NS_PER_S);
}

/* The time between two reads or writes of a slow client. */
static uint64_t step_of(const struct slow_clients *clients)
{
    uint64_t byte_ns = time_of(clients, 1);
    return byte_ns > STEP_NS ? byte_ns : STEP_NS;
}

/*
 * Token bucket: the bytes that a slow client may read or write now. retry_ns is the time
 * that its bytes so far account for. The bucket holds one second, so that a client which
 * was blocked catches up on no more than that.
 */
static size_t allowance(const struct slow_clients *clients,
                        struct client_connection *connection, uint64_t now_ns)
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
    return bytes < BUFFER_MAX_BYTES ? (int)bytes : BUFFER_MAX_BYTES;
}

/* ---- the life of a connection ------------------------------------------------------ */

static void open_one(struct background_clients *background, uint32_t index,
                     uint64_t now_ns)
{
    struct client_connection *connection = &background->connections[index];
    enum background_kind kind = kind_of(background, index);
    const struct connect_options options = {
        .target = &background->plan->targets[connection->target],
        .sources = &background->sources,
        .epoll = background->epoll,
        .receive_buffer_bytes =
            kind == BACKGROUND_SLOW_READERS
                ? receive_buffer_bytes(slow_clients_of(background, kind))
                : 0,
    };
    int result = client_connection_open(connection, index, &options);
    if (result == 0) {
        background->opening++;
        return;
    }
    background->open_error = result;
    background->totals[kind].failed++;
    timers_add(&background->timers, now_ns + RETRY_NS, index);
}

/* Closes a lost connection; it is opened again after RETRY_NS. */
static void lose(struct background_clients *background, uint32_t index, uint64_t *counter,
                 uint64_t now_ns)
{
    struct client_connection *connection = &background->connections[index];
    background->opening -= connection->state == CONNECTION_OPENING;
    (*counter)++;
    client_connection_close(connection, &background->parsers);
    connection->ready_ns = now_ns + RETRY_NS;
    timers_add(&background->timers, connection->ready_ns, index);
}

static void begin(struct background_clients *background, uint32_t index, uint64_t now_ns)
{
    struct client_connection *connection = &background->connections[index];
    connection->sent_bytes = 0;
    connection->ready_ns = now_ns;
    connection->retry_ns =
        now_ns - step_of(slow_clients_of(background, kind_of(background, index)));
    timers_add(&background->timers, now_ns, index);
}

/* Writes up to `bytes` bytes of the request. */
static void write_some(struct background_clients *background, uint32_t index,
                       size_t bytes, uint64_t now_ns)
{
    struct client_connection *connection = &background->connections[index];
    enum background_kind kind = kind_of(background, index);
    const struct message *message = message_of(background, kind, connection);
    size_t left = message->length - connection->sent_bytes;
    struct iovec part = {message->bytes + connection->sent_bytes,
                         left < bytes ? left : bytes};
    ssize_t wrote = client_connection_write(connection, &part, 1);
    if (wrote < 0) {
        lose(background, index, &background->totals[kind].failed, now_ns);
        return;
    }
    connection->sent_bytes += (size_t)wrote;
    if (kind == BACKGROUND_SLOW_SENDERS) {
        background->totals[kind].bytes += (uint64_t)wrote;
        connection->retry_ns +=
            time_of(slow_clients_of(background, kind), (uint64_t)wrote);
    }
}

enum read_result {
    READ_NOTHING, /* the socket is drained */
    READ_MORE,    /* the reply goes on; or the bytes answer no request */
    READ_REPLY,   /* the reply is complete, and the connection stays open */
    READ_LOST,    /* the connection was closed */
};

static enum read_result lost(struct background_clients *background, uint32_t index,
                             uint64_t *counter, uint64_t now_ns)
{
    lose(background, index, counter, now_ns);
    return READ_LOST;
}

static enum read_result take_in(struct background_clients *background, uint32_t index,
                                size_t bytes, uint64_t now_ns)
{
    struct client_connection *connection = &background->connections[index];
    enum background_kind kind = kind_of(background, index);
    struct background_result *totals = &background->totals[kind];
    size_t used;
    if (kind == BACKGROUND_IDLE)
        return READ_MORE;
    enum framing_result framed =
        framing_feed(&connection->framing, &background->patterns[kind],
                     &background->parsers, background->buffer, bytes, &used);
    if (framed == FRAMING_MORE)
        return READ_MORE;
    if (framed == FRAMING_MALFORMED || used < bytes)
        return lost(background, index, &totals->failed, now_ns);
    totals->replies++;
    if (!connection->framing.keep_alive)
        return lost(background, index, &totals->closed, now_ns);
    return READ_REPLY;
}

/* Reads up to `bytes` bytes. */
static enum read_result read_some(struct background_clients *background, uint32_t index,
                                  size_t bytes, uint64_t now_ns)
{
    struct client_connection *connection = &background->connections[index];
    enum background_kind kind = kind_of(background, index);
    struct background_result *totals = &background->totals[kind];
    const struct receive_buffer buffer = {
        .data = background->buffer, .capacity = bytes, .read_bytes = bytes};
    bool drained;
    ssize_t got = client_connection_read(connection, &buffer, &drained);
    if (got == -EAGAIN || got == -EINTR)
        return READ_NOTHING;
    if (got < 0)
        return lost(background, index, &totals->failed, now_ns);
    if (got == 0) {
        totals->replies += framing_end_of_stream(&connection->framing,
                                                 &background->parsers) == FRAMING_REPLY;
        return lost(background, index, &totals->closed, now_ns);
    }
    if (kind == BACKGROUND_SLOW_READERS) {
        totals->bytes += (uint64_t)got;
        connection->retry_ns += time_of(slow_clients_of(background, kind), (uint64_t)got);
    }
    return take_in(background, index, (size_t)got, now_ns);
}

static void move_reader(struct background_clients *background, uint32_t index,
                        uint64_t now_ns)
{
    struct client_connection *connection = &background->connections[index];
    const struct slow_clients *clients = &background->plan->workload.slow_readers;
    size_t length = message_of(background, BACKGROUND_SLOW_READERS, connection)->length;
    if (connection->sent_bytes < length) {
        write_some(background, index, length, now_ns);
        return;
    }
    size_t bytes = allowance(clients, connection, now_ns);
    if (bytes && read_some(background, index, bytes, now_ns) == READ_REPLY)
        connection->sent_bytes = 0;
}

/* The timer of a slow client has expired. */
static void move_on(struct background_clients *background, uint32_t index,
                    uint64_t now_ns)
{
    struct client_connection *connection = &background->connections[index];
    enum background_kind kind = kind_of(background, index);
    const struct slow_clients *clients = slow_clients_of(background, kind);
    if (kind == BACKGROUND_SLOW_READERS) {
        move_reader(background, index, now_ns);
    } else {
        size_t bytes = allowance(clients, connection, now_ns);
        if (bytes)
            write_some(background, index, bytes, now_ns);
        /* All is written: the reply comes as an event, and no timer is needed. */
        if (connection->sent_bytes == message_of(background, kind, connection)->length)
            return;
    }
    if (connection->state != CONNECTION_OPEN)
        return;
    connection->ready_ns = now_ns + step_of(clients);
    timers_add(&background->timers, connection->ready_ns, index);
}

/* ---- events ------------------------------------------------------------------------ */

static void event_while_opening(struct background_clients *background, uint32_t index,
                                uint64_t now_ns)
{
    struct client_connection *connection = &background->connections[index];
    enum background_kind kind = kind_of(background, index);
    int result = client_connection_opened(connection);
    if (result == 0)
        return;
    if (result < 0) {
        background->open_error = result;
        lose(background, index, &background->totals[kind].failed, now_ns);
        return;
    }
    background->opening--;
    background->totals[kind].opened++;
    connection->state = CONNECTION_OPEN;
    if (kind != BACKGROUND_IDLE)
        begin(background, index, now_ns);
}

/* Slow readers ignore events, and read when their timer expires. */
static void event_while_open(struct background_clients *background, uint32_t index,
                             uint32_t events, uint64_t now_ns)
{
    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ||
        kind_of(background, index) == BACKGROUND_SLOW_READERS)
        return;
    enum read_result result;
    do
        result = read_some(background, index, BUFFER_BYTES, now_ns);
    while (result == READ_MORE);
    if (result != READ_REPLY)
        return;
    if (events & (EPOLLRDHUP | EPOLLHUP))
        lose(background, index, &background->totals[BACKGROUND_SLOW_SENDERS].closed,
             now_ns);
    else
        begin(background, index, now_ns);
}

void background_events(struct background_clients *background)
{
    struct epoll_event events[EVENTS_PER_WAIT];
    int count = epoll_wait(background->epoll, events, EVENTS_PER_WAIT, 0);
    uint64_t now_ns = clock_now_ns();
    for (int i = 0; i < count; i++) {
        uint32_t index = (uint32_t)events[i].data.u64;
        const struct client_connection *connection = &background->connections[index];
        if (connection->generation != events[i].data.u64 >> 32 || connection->fd < 0)
            continue;
        if (connection->state == CONNECTION_OPENING)
            event_while_opening(background, index, now_ns);
        else
            event_while_open(background, index, events[i].events, now_ns);
    }
}

uint64_t background_next_ns(const struct background_clients *background)
{
    return timers_next_ns(&background->timers);
}

void background_step(struct background_clients *background, uint64_t now_ns)
{
    while (timers_next_ns(&background->timers) <= now_ns) {
        uint32_t index = timers_take(&background->timers);
        const struct client_connection *connection = &background->connections[index];
        if (connection->state == CONNECTION_CLOSED)
            open_one(background, index, now_ns);
        else if (connection->state == CONNECTION_OPEN && connection->ready_ns <= now_ns &&
                 kind_of(background, index) != BACKGROUND_IDLE)
            move_on(background, index, now_ns);
    }
}

/* ---- set-up and tear-down ---------------------------------------------------------- */

static uint64_t share_of(uint64_t count, const struct load_plan *plan, unsigned number)
{
    return count / plan->threads + (number < count % plan->threads);
}

int background_init(struct background_clients *background, const struct load_plan *plan,
                    unsigned number)
{
    const struct workload *workload = &plan->workload;
    *background = (struct background_clients){
        .plan = plan, .epoll = -1, .sources = {.most = plan->sources}};
    const uint64_t counts[BACKGROUND_KINDS] = {
        [BACKGROUND_IDLE] = workload->idle,
        [BACKGROUND_SLOW_READERS] = workload->slow_readers.count,
        [BACKGROUND_SLOW_SENDERS] = workload->slow_senders.count,
    };
    for (int i = 0; i < BACKGROUND_KINDS; i++) {
        background->totals[i].count = share_of(counts[i], plan, number);
        background->first_of[i + 1] =
            background->first_of[i] + (uint32_t)background->totals[i].count;
    }
    background->count = background->first_of[BACKGROUND_KINDS];
    if (!background->count)
        return 0;
    background->connections =
        memory_allocate_zeroed(background->count, sizeof *background->connections);
    for (uint32_t i = 0; i < background->count; i++) {
        background->connections[i].fd = -1;
        background->connections[i].target =
            (uint16_t)load_plan_target_of(plan, (uint64_t)i * plan->threads + number);
    }
    const struct planned_request *requests[] = {NULL, &plan->slow_read, &plan->slow_send};
    for (int i = BACKGROUND_SLOW_READERS; i < BACKGROUND_KINDS; i++)
        pattern_init(&background->patterns[i], requests[i]->expected, false,
                     requests[i]->to_head);
    background->buffer = memory_allocate(BUFFER_BYTES);
    background->epoll = epoll_create1(EPOLL_CLOEXEC);
    return background->epoll < 0 ? -errno : 0;
}

void background_open(struct background_clients *background, uint32_t begun,
                     uint32_t until)
{
    uint64_t now_ns = clock_now_ns();
    for (uint32_t i = begun; i < until; i++)
        open_one(background, i, now_ns);
}

void background_close(struct background_clients *background)
{
    for (uint32_t i = 0; i < background->count; i++)
        client_connection_close(&background->connections[i], &background->parsers);
}

void background_release(struct background_clients *background)
{
    background_close(background);
    if (background->count && background->epoll >= 0)
        close(background->epoll);
    for (int i = 0; i < BACKGROUND_KINDS; i++)
        pattern_release(&background->patterns[i]);
    parser_pool_release(&background->parsers);
    timers_release(&background->timers);
    free(background->connections);
    free(background->buffer);
    *background = (struct background_clients){.epoll = -1};
}
