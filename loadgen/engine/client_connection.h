/*
 * client_connection.h - one client connection: its socket, and the ring of its requests.
 *
 * Only mechanism: it opens, writes, reads and closes, and reports what happened. Policy,
 * such as when a request begins and what its end means, is in exchange.c.
 *
 * Sockets are registered with epoll once, edge-triggered (EPOLLET) and for both
 * directions, and never modified. An edge for EPOLLOUT comes only after the connection
 * was opened, or after a write found the socket full, so that it costs nothing while
 * writes succeed.
 *
 * Threads: a connection belongs to one engine.
 */
#ifndef LOADGEN_CLIENT_CONNECTION_H
#define LOADGEN_CLIENT_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "loadgen/engine/framing.h"
#include "loadgen/plan/target.h"

enum connection_state {
    CONNECTION_CLOSED,  /* no socket; the next request opens one */
    CONNECTION_BACKOFF, /* no socket before retry_ns: the last attempts failed */
    CONNECTION_OPENING, /* a connect() is in progress; requests may wait for it */
    CONNECTION_OPEN,    /* connected, with `count` requests in flight */
};

/*
 * Requests that have begun and are not answered are in a ring buffer: `count` of them,
 * the oldest at `head`. The last `unsent` of them are not written, or not wholly.
 */
struct client_connection {
    int fd;
    uint8_t state;     /* enum connection_state */
    bool listed;       /* is in one of the engine's free sets */
    bool last_begun;   /* the request that asks the server to close has begun */
    bool stood;        /* it was connected before: the next socket is a reconnect */
    uint16_t target;   /* index into the plan */
    uint16_t head;     /* in the ring */
    uint16_t count;    /* requests without a reply */
    uint16_t unsent;   /* requests not wholly written */
    uint32_t begun;    /* requests that began on this socket */
    uint32_t replies;  /* within the window, over all its sockets */
    size_t sent_bytes; /* of the first unsent one */

    uint32_t generation; /* counts sockets, so that stale events can be told */
    uint32_t failures;   /* attempts in a row without a reply */
    uint64_t opening_ns; /* beginning of the last connect() */
    uint64_t connect_ns; /* how long it took */
    uint64_t first_ns;   /* when the first bytes of the reply at hand came */
    uint64_t retry_ns;   /* end of the back-off */
    uint64_t ready_ns;   /* closed loop: end of the think time */
    struct framing framing;
};

/* An event carries the index and the generation of its connection. An event of an earlier
 * generation is stale: its socket was closed in the same batch of events. */
static inline uint64_t client_connection_tag(uint32_t index, uint32_t generation)
{
    return (uint64_t)generation << 32 | index;
}

/*
 * Source addresses, round robin, against ephemeral port exhaustion: first the address
 * that the kernel chooses, then 127.0.0.2, 127.0.0.3, ... The next address is taken when
 * one has no ports left, and after SOURCE_TURN connections, because the kernel's search
 * for a free port takes the longer the fuller the range is (0.5 ms where half of it is
 * taken).
 */
struct sources {
    unsigned most;    /* addresses in all */
    unsigned current; /* 0: the address that the kernel chooses */
    unsigned used;    /* connections from it in this turn */
};
#define SOURCE_TURN 8000

/* How to open a connection. */
struct connect_options {
    const struct target *target;
    struct sources *sources;
    int epoll;
    int receive_buffer_bytes; /* of the socket; 0: the system's default */
};

/*
 * Begins a non-blocking connect and registers the socket with epoll. 0, and the state is
 * OPENING; or -errno, and the state is CLOSED.
 */
int client_connection_open(struct client_connection *connection, uint32_t index,
                           const struct connect_options *options);

/* After the first event of an opening socket: 1 connected, 0 not yet, or -errno. */
int client_connection_opened(struct client_connection *connection);

/* Closes the socket and forgets an incomplete reply. The state is CLOSED afterwards. */
void client_connection_close(struct client_connection *connection,
                             struct parser_pool *pool);

/* Writes the parts: the number of bytes that the socket took, 0 where it is full, or
 * -errno. */
ssize_t client_connection_write(struct client_connection *connection, struct iovec *parts,
                                size_t count);

struct receive_buffer {
    char *data;
    size_t capacity;   /* bytes at data: the most that one read with MSG_TRUNC skips */
    size_t read_bytes; /* the most that an ordinary read takes, less than capacity */
};

/*
 * Reads once: the number of bytes, 0 at the end of the stream, or -errno. The rest of a
 * long body is discarded in the kernel (MSG_TRUNC), so that its bytes are not in the
 * buffer: feed the buffer to the framing only, which counts them. *drained is set after a
 * short read, when another read would return EAGAIN.
 */
ssize_t client_connection_read(struct client_connection *connection,
                               const struct receive_buffer *buffer, bool *drained);

#endif
