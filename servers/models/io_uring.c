/*
 * io-uring - the event loop on completions: the system is told what to do and says when
 * it is done, where epoll says what could be done now. Blocking calls go to a pool of
 * threads of the model's own; CPU steps run on the loop.
 */
#include "servers/model.h"
#include "servers/models/loop_uring.h"
#include "servers/models/single_loop.h"

static int run(struct server *server, struct error *error)
{
    const struct own_pool_settings *settings = server->model_settings;
    const struct loop_placement placement = {
        .backend = &uring_backend,
        .blocking = ON_WORKERS,
        .cpu = ON_THE_LOOP,
    };
    return single_loop_run(server, &placement, settings->pool, error);
}

const struct model io_uring_model = {
    .name = "io-uring",
    .summary = "an event loop on io_uring's completions",
    .flags = MODEL_LOOP,
    .wait = STEP_LOOP,
    .blocking = STEP_POOL,
    .cpu = STEP_LOOP,
    .options = own_pool_options,
    .settings_bytes = sizeof(struct own_pool_settings),
    .supported = uring_is_supported,
    .run = run,
};
