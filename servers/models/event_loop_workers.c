/*
 * event-loop-workers - an event loop that never computes: CPU steps go to a pool of
 * worker threads and come back when done. Waits and blocking calls are as in
 * event-loop; the two pools are separate, so neither holds the other up.
 */
#include "base/cpus.h"
#include "servers/model.h"
#include "servers/models/single_loop.h"

struct event_loop_workers_settings {
    uint64_t workers; /* 0: as many as the server has CPUs; resolved by run */
    uint64_t uv_pool;
};

static const struct field options[] = {
    {.name = "workers",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "threads that run the CPU steps",
     .fallback = "cores",
     .role = ROLE_WORKERS,
     .zero_word = "cores",
     .offset = offsetof(struct event_loop_workers_settings, workers),
     .minimum = 1,
     .maximum = 1024},
    LOOP_POOL_OPTION(struct event_loop_workers_settings, uv_pool),
    {0},
};

static int run(struct server *server, struct error *error)
{
    struct event_loop_workers_settings *settings = server->model_settings;
    if (settings->workers == 0)
        settings->workers = (uint64_t)cpus_allowed_count();
    const struct loop_placement placement = {
        .blocking = ON_LIBUV_POOL,
        .cpu = ON_WORKERS,
    };
    loop_set_pool_size(settings->uv_pool);
    return single_loop_run(server, &placement, settings->workers, error);
}

const struct model event_loop_workers_model = {
    .name = "event-loop-workers",
    .summary = "an event loop that hands computing to a pool of worker threads",
    .flags = MODEL_LOOP | MODEL_WORKERS,
    .wait = STEP_LOOP,
    .blocking = STEP_POOL,
    .cpu = STEP_WORKERS,
    .options = options,
    .settings_bytes = sizeof(struct event_loop_workers_settings),
    .run = run,
};
