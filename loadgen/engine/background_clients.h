/*
 * background_clients.h - clients beside the active ones, whose presence a server feels
 * and whose replies nobody waits for: idle connections, slow readers, slow senders.
 *
 * An idle connection is opened and kept. A slow reader asks, and takes the reply in by
 * so many bytes a second, with a receive buffer too small for more to hide in. A slow
 * sender writes its request by so many bytes a second and takes the reply in at once.
 * Both ask again when they have their reply, for as long as the run lasts. Whatever the
 * server closes is opened again, a second later.
 *
 * They are no part of the measurement: counts and distributions are about the active
 * connections only. What became of the background is counted apart (struct
 * background_result).
 *
 * The background has an epoll of its own, which the engine's epoll holds, so that it
 * costs the active connections nothing.
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
    uint32_t first_of[BACKGROUND_KINDS + 1]; /* connections of a kind stand together */
    uint32_t opening;
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

/* Begins to open connections up to `until`, from `begun` on. */
void background_open(struct background_clients *background, uint32_t begun,
                     uint32_t until);

/* What to do when background->epoll is readable. */
void background_events(struct background_clients *background);

/* When background_step is to be called next; UINT64_MAX: never. */
uint64_t background_next_ns(const struct background_clients *background);

/* Reads, writes and opens again what is due. */
void background_step(struct background_clients *background, uint64_t now_ns);

/* Closes everything. */
void background_close(struct background_clients *background);

#endif
