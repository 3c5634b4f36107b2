/*
 * cluster - several processes, one per core, each with an event loop, and a libuv pool,
 * of its own: what Node.js's cluster module and pm2 do to use all cores. Steps run as in
 * event-loop; a process that dies is replaced.
 *
 * --distribution handover   the primary accepts, and hands each connection to the next
 *                           process, round-robin, over a UNIX socket: exactly even, but
 *                           every connection passes through one process first
 * --distribution reuseport  each process has a listening socket of its own on the port
 *                           (SO_REUSEPORT): the kernel spreads connections by a hash of
 *                           their addresses, with nobody in between; about even where
 *                           there are many
 */
#include <sys/socket.h>
#include <uv.h>

#include "base/cpus.h"
#include "servers/model.h"
#include "servers/models/loop.h"
#include "servers/models/worker_processes.h"

struct cluster_settings {
    uint64_t processes; /* 0: as many as the server has CPUs; resolved by run */
    int distribution;   /* enum connection_distribution */
    uint64_t uv_pool;
};

static const enum server_entry entries[] = {[DISTRIBUTION_HANDOVER] = SERVER_HANDED,
                                            [DISTRIBUTION_REUSEPORT] =
                                                SERVER_OWN_LISTENER};

static const struct field options[] = {
    {.name = "processes",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "processes that serve, each with an event loop",
     .fallback = "cores",
     .role = ROLE_PROCESSES,
     .zero_word = "cores",
     .offset = offsetof(struct cluster_settings, processes),
     .minimum = 1,
     .maximum = SERVER_MAX_PARTS},
    {.name = "distribution",
     .kind = FIELD_CHOICE,
     .value = "HOW",
     .help = "how connections get to the processes: handed over by the primary, "
             "round-robin, or each process accepts from a socket of its own "
             "(SO_REUSEPORT); the default is that of Node.js, and exactly even however "
             "few connections there are",
     .fallback = "handover",
     .role = ROLE_DISTRIBUTION,
     .offset = offsetof(struct cluster_settings, distribution),
     .choices = distribution_words},
    LOOP_POOL_OPTION(struct cluster_settings, uv_pool),
    {0},
};

static int serve(struct server *part, int index, const void *unused, struct error *error)
{
    static const struct loop_placement placement = {
        .blocking = ON_LIBUV_POOL,
        .cpu = ON_THE_LOOP,
    };
    (void)unused;
    struct loop *loop;
    int result = loop_open(&loop, part, index, &placement, error);
    if (result < 0)
        return result;
    server_ready(part);
    loop_serve(loop);
    loop_close(loop);
    uv_library_shutdown(); /* ends the pool's threads */
    return 0;
}

static int run(struct server *server, struct error *error)
{
    struct cluster_settings *settings = server->model_settings;
    if (settings->processes == 0)
        settings->processes = (uint64_t)cpus_allowed_count();
    loop_set_pool_size(settings->uv_pool);
    const struct worker_plan plan = {
        .count = settings->processes,
        .entry = entries[settings->distribution],
        .handing = HAND_IN_TURN,
        .accept_flags = SOCK_NONBLOCK,
        .serve = serve,
    };
    return worker_processes_run(server, &plan, error);
}

const struct model cluster_model = {
    .name = "cluster",
    .summary = "several processes with an event loop each, one per core",
    .flags = MODEL_LOOP | MODEL_PROCESSES,
    .wait = STEP_LOOP,
    .blocking = STEP_POOL,
    .cpu = STEP_LOOP,
    .options = options,
    .settings_bytes = sizeof(struct cluster_settings),
    .run = run,
};
