/*
 * async-await - an event loop on which every request is a coroutine: its handler reads
 * from top to bottom, as with a thread of its own, and is suspended at each step that
 * waits. The waits overlap exactly as in event-loop, and computing blocks everybody
 * exactly as there: what changes is how the program reads, and that each waiting request
 * keeps a stack.
 */
#include <errno.h>
#include <stdlib.h>

#include "servers/model.h"
#include "servers/models/coroutine.h"
#include "servers/models/loop_core.h"
#include "servers/models/single_loop.h"

struct async_await_settings {
    uint64_t uv_pool;
    uint64_t stack_bytes;
};

static const struct field options[] = {
    LOOP_POOL_OPTION(struct async_await_settings, uv_pool),
    {.name = "stack",
     .kind = FIELD_SIZE,
     .value = "SIZE",
     .help = "stack of each request at work; only what is touched takes memory",
     .fallback = "128KiB",
     .offset = offsetof(struct async_await_settings, stack_bytes),
     .minimum = 96 << 10,
     .maximum = 64 << 20},
    {0},
};

/* ---- the handler ------------------------------------------------------------------ */

static void await_step(struct coroutine *self, struct loop_client *client)
{
    enum op_answer what;
    while ((what = job_resume(client->connection.job)) != OP_DONE)
        if (loop_await(client, what))
            coroutine_suspend(self);
        else
            return; /* and the request has failed */
}

static void await_pool(struct coroutine *self, struct loop_client *client)
{
    if (loop_send_away(client, OP_BLOCKING) != ON_THE_LOOP)
        coroutine_suspend(self);
}

static void handle(struct coroutine *self, void *argument)
{
    struct loop_client *client = argument;
    struct job *job = client->connection.job;
    int kind;
    while ((kind = job_next_kind(job)) != JOB_END) {
        if (kind == OP_WAIT)
            await_step(self, client);
        else if (kind == OP_BLOCKING)
            await_pool(self, client);
        else
            job_run(job);
    }
}

/* ---- the flow of a request -------------------------------------------------------- */

static bool go_on(struct loop_client *client)
{
    if (!client->coroutine)
        client->coroutine = coroutine_create(client->loop->flow_state, handle, client);
    if (!client->coroutine) {
        op_fail(&client->connection.job->call, 503, "no stack for another coroutine");
        return true;
    }
    bool ended = coroutine_resume(client->coroutine);
    if (ended)
        client->coroutine = NULL;
    return ended;
}

static void expect(const struct loop_client *client)
{
    if (client->coroutine)
        coroutine_expect(client->coroutine);
}

static void abandon(struct loop_client *client)
{
    if (client->coroutine)
        coroutine_abandon(client->coroutine);
    client->coroutine = NULL;
}

static int open_stacks(struct loop *loop, struct error *error)
{
    const struct async_await_settings *settings = loop->service.server->model_settings;
    struct coroutine_pool *pool = malloc(sizeof *pool);
    if (!pool)
        return error_set(error, -ENOMEM, "no memory for stacks");
    coroutine_pool_init(pool, settings->stack_bytes);
    loop->flow_state = pool;
    return 0;
}

static void close_stacks(struct loop *loop)
{
    coroutine_pool_release(loop->flow_state);
    free(loop->flow_state);
}

static const struct loop_flow coroutine_flow = {
    .go_on = go_on,
    .expect = expect,
    .abandon = abandon,
    .open = open_stacks,
    .close = close_stacks,
};

static int run(struct server *server, struct error *error)
{
    const struct async_await_settings *settings = server->model_settings;
    const struct loop_placement placement = {
        .flow = &coroutine_flow,
        .blocking = ON_LIBUV_POOL,
        .cpu = ON_THE_LOOP,
    };
    loop_set_pool_size(settings->uv_pool);
    return single_loop_run(server, &placement, 0, error);
}

const struct model async_await_model = {
    .name = "async-await",
    .summary = "an event loop on which every request is a coroutine",
    .flags = MODEL_LOOP,
    .wait = STEP_COROUTINE,
    .blocking = STEP_POOL,
    .cpu = STEP_LOOP,
    .options = options,
    .settings_bytes = sizeof(struct async_await_settings),
    .run = run,
};
