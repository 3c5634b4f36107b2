/*
 * client_connection.h - one client connection: its socket and how far its requests have
 * got.
 *
 * Only mechanism: it opens, writes, reads and closes, and says what happened. When a
 * request starts and what its end means is decided in exchange.c.
 *
 * Sockets are registered with epoll once, edge-triggered and for both directions, and
 * never again: an edge for EPOLLOUT comes only after a write found the socket full (or
 * the connection was opened), so that it costs nothing while writes succeed.
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
    CONNECTION_CLOSED,    /* no socket; the next request opens one */
    CONNECTION_BACKOFF,   /* no socket before retry_ns: the last attempts failed */
    CONNECTION_OPENING,   /* connect() is under options; requests may wait for it */
    CONNECTION_OPEN,      /* connected; as busy as `count` says */
    CONNECTION_LINGERING, /* the server said that this was its last reply here */
};

/*
 * Requests that have begun and are not answered stand in a ring, the oldest at `head`,
 * `count` of them; the last `unsent` of those are not (wholly) written.
 */
struct client_connection {
    int fd;
    uint8_t state;     /* enum connection_state */
    bool listed;       /* in a list of free connections, see exchange.c */
    bool last_begun;   /* the request that asks the server to close has begun */
    uint16_t target;   /* index into the plan */
    uint16_t head;     /* in the ring */
    uint16_t count;    /* requests without a reply */
    uint16_t unsent;   /* the last of them, not wholly written */
    uint32_t begun;    /* requests that this socket has had */
    size_t sent_bytes; /* of the first unsent one */

    uint32_t generation; /* which socket of this connection an event is about */
    uint32_t failures;   /* attempts without a reply, one after the other */
    uint32_t next_free;  /* the next in that list */
    uint64_t retry_ns;   /* resting: until when; lingering: when we close ourselves */
    uint64_t ready_ns;   /* closed loop: until then the client thinks */
    struct framing framing;
};

#define CONNECTION_NONE UINT32_MAX

/* Events carry the connection's index and generation. */
static inline uint64_t client_connection_tag(uint32_t index, uint32_t generation)
{
    return (uint64_t)generation << 32 | index;
}

/*
 * Where connections come from: first from the address that the kernel chooses, then from
 * 127.0.0.2, 127.0.0.3, ... `most` addresses in all, and round. The next one's turn comes
 * when one has no ports left, and after SOURCE_TURN connections: the fuller the range of
 * ports, the longer the kernel looks for a free one (0.5 ms where half are taken).
 */
struct sources {
    unsigned most;
    unsigned current; /* 0: the kernel's choice */
    unsigned used;    /* connections of this turn */
};
#define SOURCE_TURN 8000

/* How to open a connection. */
struct connect_options {
    const struct target *target;
    struct sources *sources;
    int epoll;
    int receive_buffer_bytes; /* of the socket; 0: the kernel's choice */
};

/*
 * Begins to connect and registers the socket under its index: OPENING afterwards.
 * 0 or -errno (CLOSED then).
 */
int client_connection_open(struct client_connection *connection, uint32_t index,
                           const struct connect_options *options);

/* After the first event of an opening socket: 1 connected, 0 not yet, or -errno. */
int client_connection_opened(struct client_connection *connection);

/* Closes the socket and forgets an incomplete reply: CLOSED afterwards. */
void client_connection_close(struct client_connection *connection,
                             struct parser_pool *pool);

/* Writes: the number of bytes that the socket took, maybe 0, or -errno. */
ssize_t client_connection_write(struct client_connection *connection, struct iovec *parts,
                                size_t count);

struct receive_buffer {
    char *data;
    size_t capacity;   /* bytes at data; bodies are skipped in steps of this size */
    size_t read_bytes; /* asked for in an ordinary read, less than capacity */
};

/*
 * Reads once: the number of bytes, 0 at the end of the stream, or -errno. The bytes of
 * a body that nobody looks at are not copied, so feed them to the framing and use them
 * for nothing else. *drained is set where nothing is left in the socket, so that
 * another read would be in vain.
 */
ssize_t client_connection_read(struct client_connection *connection,
                               const struct receive_buffer *buffer, bool *drained);

#endif
