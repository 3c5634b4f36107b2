/* single_loop.c - see single_loop.h. */
#include "servers/models/single_loop.h"

#include <uv.h>

#include "servers/model.h"
#include "servers/models/step_pool.h"

const struct field own_pool_options[] = {
    {.name = "pool",
     .kind = FIELD_COUNT,
     .value = "K",
     .help = "threads that run the blocking steps",
     .fallback = "4",
     .role = ROLE_POOL,
     .offset = offsetof(struct own_pool_settings, pool),
     .minimum = 1,
     .maximum = 1024},
    {0},
};

int single_loop_run(struct server *server, const struct loop_placement *placement,
                    uint64_t workers, struct error *error)
{
    struct step_pool pool;
    struct loop_placement own = *placement;
    own.workers = &pool;
    struct loop *loop;
    int result = loop_open(&loop, server, 0, &own, error);
    if (result < 0)
        return result;
    step_pool_init(&pool, server, workers);
    /* Threads for what blocks wait until something does, as libuv's do. */
    if (placement->cpu == ON_WORKERS)
        result = step_pool_start(&pool, error);
    if (result == 0) {
        server_ready(server);
        loop_serve(loop);
    }
    step_pool_stop(&pool);
    loop_close(loop);
    uv_library_shutdown(); /* ends the threads of libuv's pool, where there are any */
    return result;
}
