/*
 * loop.h - the shared part of the models on an event loop: one thread drives many
 * connections and is called back when one of them can go on. The models differ in
 *
 *   the placement of steps       which threads run BLOCKING and CPU steps
 *   the flow of a request        a state machine, or a coroutine that reads top to bottom
 *   the backend                  how the loop hears of the system: libuv, epoll, io_uring
 *   the number of loops          and of processes
 *
 * One batch serves all connections of a loop, and one read buffer where the backend reads
 * by itself. A connection that is idle holds its structure and nothing else.
 * Backpressure: a client that does not read its replies is not read from either, so it
 * holds at most one batch and what was read before.
 *
 * All functions, and all clients, belong to the loop's thread.
 */
#ifndef SERVERS_MODELS_LOOP_H
#define SERVERS_MODELS_LOOP_H

#include "servers/server.h"

/* Where a step runs. */
enum loop_place {
    ON_THE_LOOP,   /* the loop's own thread; everything else waits meanwhile   */
    ON_LIBUV_POOL, /* libuv's pool of threads, shared by all loops of a process */
    ON_WORKERS,    /* the threads of a struct step_pool                         */
};

struct loop_backend;
struct loop_flow;

extern const struct loop_backend libuv_backend, epoll_backend, uring_backend;

/* WAIT steps are always registered on the loop. */
struct loop_placement {
    const struct loop_backend
        *backend;                 /* NULL: libuv, the only one with a pool of its own */
    const struct loop_flow *flow; /* NULL: a state machine */
    enum loop_place blocking;
    enum loop_place cpu;
    struct step_pool *workers; /* for ON_WORKERS, else not looked at */
};

struct loop;

/* A loop that accepts connections of the server. 0 or -errno. */
MUST_CHECK int loop_open(struct loop **loop, struct server *server, int index,
                         const struct loop_placement *placement, struct error *error);

/* Serves until the server shall stop and the requests in hand are finished. */
void loop_serve(struct loop *loop);

/* Once no worker has a client of the loop in hand. */
void loop_close(struct loop *loop);

/*
 * Sets the size of libuv's pool, which it reads once from the environment, when it
 * first needs it. Call before that.
 */
void loop_set_pool_size(uint64_t threads);

/* The option that all models with a step ON_LIBUV_POOL have. */
#define LOOP_POOL_OPTION(settings_type, member)                                          \
    {                                                                                    \
        .name = "uv-pool", .kind = FIELD_COUNT, .value = "K",                            \
        .help = "threads of libuv's pool, which runs the blocking steps",                \
        .fallback = "4", .role = ROLE_POOL, .offset = offsetof(settings_type, member),   \
        .minimum = 1, .maximum = 1024,                                                   \
    }

#endif
