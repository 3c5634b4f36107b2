/*
 * multi-loop - several event loops in one process, each with a thread, a listening
 * socket and connections of its own: what servers in C and Rust do to use all cores.
 * Steps run as in event-loop; libuv's pool belongs to the process, so the loops share it.
 *
 * The kernel spreads new connections over the loops by a hash of their addresses
 * (SO_REUSEPORT): about evenly where there are many, and a connection stays with its
 * loop, be that busy or not.
 */
#include <stdlib.h>
#include <uv.h>

#include "base/cpus.h"
#include "base/text.h"
#include "servers/model.h"
#include "servers/models/loop.h"
#include "servers/models/threads.h"

struct multi_loop_settings {
    uint64_t loops; /* 0: as many as the server has CPUs; resolved by run */
    uint64_t uv_pool;
};

static const struct field options[] = {
    {.name = "loops",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "event loops, each with a thread and a listening socket (SO_REUSEPORT)",
     .fallback = "cores",
     .role = ROLE_LOOPS,
     .zero_word = "cores",
     .offset = offsetof(struct multi_loop_settings, loops),
     .minimum = 1,
     .maximum = SERVER_MAX_PARTS},
    LOOP_POOL_OPTION(struct multi_loop_settings, uv_pool),
    {0},
};

struct loops {
    struct server *server;
    struct server *parts; /* one per loop */
    uint64_t count;       /* of parts that are open */
    pthread_mutex_t lock; /* over the members below */
    uint64_t missing;     /* loops that do not serve yet */
    int result;           /* the first failure of a loop, or 0 */
    struct error error;
};

/* The server is ready when all loops are. */
static void count_ready(struct server *part)
{
    struct loops *loops = part->context;
    pthread_mutex_lock(&loops->lock);
    bool all = --loops->missing == 0;
    pthread_mutex_unlock(&loops->lock);
    if (all)
        server_ready(loops->server);
}

/* A loop that cannot serve ends the others, too. */
static void note_failure(struct loops *loops, int result, const struct error *error)
{
    pthread_mutex_lock(&loops->lock);
    if (loops->result == 0) {
        loops->result = result;
        loops->error = *error;
    }
    pthread_mutex_unlock(&loops->lock);
    server_stop(loops->server);
}

static void *serve(void *context, int index)
{
    static const struct loop_placement placement = {
        .blocking = ON_LIBUV_POOL,
        .cpu = ON_THE_LOOP,
    };
    struct loops *loops = context;
    struct server *part = &loops->parts[index];
    struct loop *loop;
    struct error error;
    int result = loop_open(&loop, part, index, &placement, &error);
    if (result < 0) {
        note_failure(loops, result, &error);
        return NULL;
    }
    server_ready(part);
    loop_serve(loop);
    loop_close(loop);
    return NULL;
}

static int open_parts(struct loops *loops, uint64_t count, struct error *error)
{
    int result = 0;
    while (loops->count < count && result == 0) {
        struct server *part = &loops->parts[loops->count];
        result = server_split(part, loops->server, SERVER_OWN_LISTENER, error);
        if (result < 0)
            break;
        part->on_ready = count_ready;
        part->context = loops;
        loops->count++;
    }
    return result;
}

/* Runs all loops, on threads of their own, until the server stops. */
static int serve_all(struct loops *loops, struct error *error)
{
    struct threads threads;
    loops->missing = loops->count;
    int result = threads_start(&threads, loops->count, serve, loops, error);
    if (result < 0)
        server_stop(loops->server);
    threads_join(&threads);
    if (result == 0 && loops->result < 0) {
        *error = loops->error;
        result = loops->result;
    }
    return result;
}

static int run(struct server *server, struct error *error)
{
    struct multi_loop_settings *settings = server->model_settings;
    if (settings->loops == 0)
        settings->loops = (uint64_t)cpus_allowed_count();
    loop_set_pool_size(settings->uv_pool);
    struct loops loops = {.server = server};
    pthread_mutex_init(&loops.lock, NULL);
    loops.parts = memory_allocate_zeroed(settings->loops, sizeof *loops.parts);
    int result = open_parts(&loops, settings->loops, error);
    if (result == 0)
        result = serve_all(&loops, error);
    for (uint64_t i = 0; i < loops.count; i++)
        server_close_part(&loops.parts[i]);
    free(loops.parts);
    pthread_mutex_destroy(&loops.lock);
    uv_library_shutdown(); /* ends the pool's threads */
    return result;
}

const struct model multi_loop_model = {
    .name = "multi-loop",
    .summary = "several event loops in one process, one per core",
    .flags = MODEL_LOOP,
    .wait = STEP_LOOP,
    .blocking = STEP_POOL,
    .cpu = STEP_LOOP,
    .options = options,
    .settings_bytes = sizeof(struct multi_loop_settings),
    .run = run,
};
