/*
 * event-loop - one thread drives all connections. Waits are registered and cost
 * nothing; blocking calls go to libuv's pool; CPU steps run on the loop itself, and
 * everybody else waits for them. This is what Node.js does with JavaScript.
 *
 * With --cpu uv-pool CPU steps go to libuv's pool, too, as Node.js does with crypto and
 * zlib: the loop stays free, but blocking calls wait in line with them. With --blocking
 * loop the loop makes them itself, as Node.js does with the calls that end in Sync.
 */
#include "servers/model.h"
#include "servers/models/single_loop.h"

struct event_loop_settings {
    uint64_t uv_pool;
    int cpu, blocking; /* enum step_place */
};

static const enum loop_place places[] = {
    [STEPS_ON_LOOP] = ON_THE_LOOP, [STEPS_ON_POOL] = ON_LIBUV_POOL};

static const struct field options[] = {
    {.name = "cpu",
     .kind = FIELD_CHOICE,
     .value = "PLACE",
     .help = "where CPU steps run: on the loop itself, or on libuv's pool",
     .fallback = "loop",
     .role = ROLE_CPU,
     .offset = offsetof(struct event_loop_settings, cpu),
     .choices = place_words},
    {.name = "blocking",
     .kind = FIELD_CHOICE,
     .value = "PLACE",
     .help = "where BLOCKING steps run: on the loop itself, or on libuv's pool",
     .fallback = "uv-pool",
     .role = ROLE_BLOCKING,
     .offset = offsetof(struct event_loop_settings, blocking),
     .choices = place_words},
    LOOP_POOL_OPTION(struct event_loop_settings, uv_pool),
    {0},
};

static int run(struct server *server, struct error *error)
{
    const struct event_loop_settings *settings = server->model_settings;
    const struct loop_placement placement = {
        .blocking = places[settings->blocking],
        .cpu = places[settings->cpu],
    };
    loop_set_pool_size(settings->uv_pool);
    return single_loop_run(server, &placement, 0, error);
}

const struct model event_loop_model = {
    .name = "event-loop",
    .summary = "one thread drives all connections and computes between them",
    .flags = MODEL_LOOP,
    .wait = STEP_LOOP,
    .blocking = STEP_POOL,
    .cpu = STEP_LOOP,
    .options = options,
    .settings_bytes = sizeof(struct event_loop_settings),
    .run = run,
};
