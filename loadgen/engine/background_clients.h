/*
 * background_clients.h - background load beside the measured clients: idle connections,
 * slow readers, slow senders (the two forms of a slow client, as in Slowloris).
 *
 * An idle connection is opened and kept. A slow reader reads its reply at a given number
 * of bytes a second, with a small receive buffer, so that the server's send buffer fills
 * (backpressure). A slow sender writes its request at a given number of bytes a second
 * and reads the reply at once. Both send their next request after the reply, as long as
 * the run lasts. Connections that the server closes are opened again a second later.
 *
 * Background clients are no part of the measurement: counts and distributions are about
 * the active connections only. Background clients have counters of their own (struct
 * background_result).
 *
 * They have an epoll instance of their own, nested in the engine's, so that their events
 * cost the active connections nothing.
 *
 * Threads: owned by one engine.
 */
#ifndef LOADGEN_BACKGROUND_CLIENTS_H
#define LOADGEN_BACKGROUND_CLIENTS_H

#include "base/error.h"
#include "loadgen/engine/client_connection.h"
#include "loadgen/engine/timers.h"
#include "loadgen/measure/totals.h"
#include "loadgen/plan/load_plan.h"

struct background_clients {
    const struct load_plan *plan;
    int epoll;
    struct client_connection *connections;
    uint32_t count;
    uint32_t first_of[BACKGROUND_KINDS + 1]; /* where the connections of a kind begin */
    uint32_t opening;                        /* connections in CONNECTION_OPENING */
    int open_error; /* -errno of the last attempt that failed, or 0 */
    struct sources sources;
    struct pattern patterns[BACKGROUND_KINDS];
    struct parser_pool parsers;
    char *buffer;
    struct timers timers;
    struct background_result totals[BACKGROUND_KINDS]; /* counts only */
};

/* The share of one thread. 0 or -errno. */
MUST_CHECK int background_init(struct background_clients *background,
                               const struct load_plan *plan, unsigned number);
void background_release(struct background_clients *background);

/* Begins to open the connections `begun` to `until` - 1. */
void background_open(struct background_clients *background, uint32_t begun,
                     uint32_t until);

/* Handles the events of background->epoll, once that is readable. */
void background_events(struct background_clients *background);

/* When background_step is to be called next; UINT64_MAX: never. */
uint64_t background_next_ns(const struct background_clients *background);

/* Reads, writes and opens connections again whose time has come. */
void background_step(struct background_clients *background, uint64_t now_ns);

/* Closes all connections. */
void background_close(struct background_clients *background);

#endif
