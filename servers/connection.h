/*
 * connection.h - one client's conversation, without any I/O: input goes in, replies and
 * jobs come out. All models serve through it.
 *
 *   connection_receive(c, bytes, length);          what was read
 *   while (true) switch (connection_next(c, service)) {
 *       CONNECTION_FLUSHES   send the batch, go on
 *       CONNECTION_WORKS     send the batch (a client need not wait for replies that
 *                            are ready), have c->job run, connection_answer(c, service)
 *       CONNECTION_READS     send the batch, connection_park(c), read more
 *       CONNECTION_CLOSES    send the batch, close
 *       CONNECTION_LINGERS   lingering close: send the batch, half close, read and drop
 *                            what still comes until the client closes too, at most
 *                            SERVER_LINGER_NS
 *   }
 *
 * The batch belongs to the thread, not to the connection: a connection that is idle
 * holds nothing but this structure. Owned by one thread at a time.
 */
#ifndef SERVERS_CONNECTION_H
#define SERVERS_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "servers/http.h"
#include "servers/job.h"
#include "servers/output.h"
#include "servers/server.h"

/* The size of the buffers that models read into. */
#define CONNECTION_READ_BYTES (16 * 1024)

/* Input that waits here beyond this is a reason to stop reading. */
#define CONNECTION_MAX_KEPT_BYTES (64 * 1024)

/* What a thread or loop serves its connections with. */
struct service {
    struct server *server;
    struct worker *worker;
    struct output *output;
    bool one_at_a_time; /* flush after every reply, so that others get their turn */
};

enum connection_next {
    CONNECTION_READS,
    CONNECTION_FLUSHES,
    CONNECTION_WORKS,
    CONNECTION_CLOSES,
    CONNECTION_LINGERS,
};

/* Zero-initialised is ready to use. */
struct connection {
    struct http_session http;
    const char *input; /* not yet used, in the caller's buffer or in `kept` */
    size_t input_length;
    char *kept; /* heap, or NULL: input that outlives the caller's buffer */
    size_t kept_capacity;
    uint64_t body_left; /* of the reply at hand: bytes that did not fit into the batch */
    struct job *job;    /* of the request at hand, once it has steps to run */
    enum connection_next ending; /* CLOSES or LINGERS once no more will be served */
};

/* Adds bytes that were read. They stay where they are until connection_park. False
 * when memory has run out. */
bool connection_receive(struct connection *connection, const char *bytes, size_t length);

/* Serves what is there, as far as it goes without I/O and without running a job. */
enum connection_next connection_next(struct connection *connection,
                                     struct service *service);

/* The job has come to its end: appends the reply and frees the job. */
void connection_answer(struct connection *connection, struct service *service);

/* Moves unused input out of the caller's buffer. False when memory has run out. */
bool connection_park(struct connection *connection);

/* Whether input is waiting that could hold another request. */
bool connection_has_input(const struct connection *connection);

/* Whether the reply at hand was appended as a whole. */
bool connection_has_replied(const struct connection *connection);

/* Frees all it holds, a job included. */
void connection_release(struct connection *connection);

#endif
