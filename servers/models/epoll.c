/*
 * epoll - the event loop without libuv, straight on the system's readiness interface:
 * what remains of event-loop's cost when the abstraction is gone. Blocking calls go to a
 * pool of threads of the model's own; CPU steps run on the loop.
 */
#include "servers/model.h"
#include "servers/models/single_loop.h"

static int run(struct server *server, struct error *error)
{
    const struct own_pool_settings *settings = server->model_settings;
    const struct loop_placement placement = {
        .backend = &epoll_backend,
        .blocking = ON_WORKERS,
        .cpu = ON_THE_LOOP,
    };
    return single_loop_run(server, &placement, settings->pool, error);
}

const struct model epoll_model = {
    .name = "epoll",
    .summary = "an event loop straight on epoll, without libuv",
    .flags = MODEL_LOOP,
    .wait = STEP_LOOP,
    .blocking = STEP_POOL,
    .cpu = STEP_LOOP,
    .options = own_pool_options,
    .settings_bytes = sizeof(struct own_pool_settings),
    .run = run,
};
