/*
 * connection.h - one client connection: its socket and how far its request has got.
 *
 * Only mechanism: it opens, writes, reads and closes, and says what happened. When a
 * request starts and what its end means is decided in engine.c.
 *
 * Sockets are registered with epoll once, edge-triggered and for both directions, and
 * never again: an edge for EPOLLOUT comes only after a write found the socket full (or
 * the connection was opened), so that it costs nothing while writes succeed.
 *
 * Threads: a connection belongs to one engine.
 */
#ifndef LOADGEN_CONNECTION_H
#define LOADGEN_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/framing.h"
#include "loadgen/plan.h"

enum connection_state {
    CONNECTION_CLOSED,    /* no socket; the next request opens one */
    CONNECTION_RESTING,   /* no socket before retry_ns: the last attempts failed */
    CONNECTION_OPENING,   /* connect() is under way; a request may wait for it */
    CONNECTION_IDLE,      /* connected, nothing is asked of it */
    CONNECTION_SENDING,   /* part of the request is written, the socket took no more */
    CONNECTION_AWAITING,  /* the request is written, no byte of the reply is here */
    CONNECTION_RECEIVING, /* part of the reply is here */
    CONNECTION_LINGERING, /* the reply is complete, and the server is about to close */
};

struct connection {
    int fd;
    uint8_t state;    /* enum connection_state */
    bool has_request; /* the members down to sent_bytes are valid */
    bool listed;      /* in the list of free connections, see engine.c */
    uint32_t request; /* index into the plan */
    uint64_t scheduled_ns;
    uint64_t sent_ns; /* 0 until the first byte is written */
    uint32_t sent_bytes;

    uint32_t generation; /* which socket of this connection an event is about */
    uint32_t failures;   /* attempts without a reply, one after the other */
    uint32_t next_idle;  /* the next in that list */
    uint64_t retry_ns;   /* resting: until when; lingering: when we close ourselves */
    struct framing framing;
};

#define CONNECTION_NONE UINT32_MAX

/* Events carry the connection's index and generation. */
static inline uint64_t connection_tag(uint32_t index, uint32_t generation)
{
    return (uint64_t)generation << 32 | index;
}

/*
 * Begins to connect and registers the socket under its index: OPENING afterwards.
 * 0 or -errno (CLOSED then).
 */
int connection_open(struct connection *connection, uint32_t index,
                    const struct target *target, int epoll);

/* After the first event of an opening socket: 1 connected, 0 not yet, or -errno. */
int connection_opened(struct connection *connection);

/* Closes the socket and forgets an incomplete reply: CLOSED afterwards. */
void connection_close(struct connection *connection, struct parser_pool *pool);

/*
 * Writes what is left of the request: AWAITING when all is written, SENDING where the
 * socket took no more. 0 or -errno.
 */
int connection_send(struct connection *connection, const char *bytes, size_t length);

enum receive_result {
    RECEIVE_NOTHING, /* the socket is drained */
    RECEIVE_SOME,    /* bytes came, the reply is not complete; there may be more */
    RECEIVE_REPLY,   /* the reply is complete: see framing.verdict, keep_alive */
    RECEIVE_CLOSED,  /* the server closed, with no reply complete */
    RECEIVE_MALFORMED,
    RECEIVE_FAILED, /* errno says why */
};

struct receive_buffer {
    char *data;
    size_t capacity;   /* bytes at data; bodies are skipped in steps of this size */
    size_t read_bytes; /* asked for in an ordinary read, less than capacity */
};

/*
 * Reads once. *drained is set where nothing is left in the socket, so that another
 * read would be in vain. Bytes beyond a complete reply are malformed: nothing was asked.
 */
enum receive_result connection_read(struct connection *connection,
                                       struct pattern *pattern, struct parser_pool *pool,
                                       const struct receive_buffer *buffer,
                                       bool *drained);

#endif
