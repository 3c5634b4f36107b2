/*
 * single_loop.h - the models that are one loop, with or without worker threads for the
 * steps that it does not run itself. They differ in their placement of steps alone.
 */
#ifndef SERVERS_MODELS_SINGLE_LOOP_H
#define SERVERS_MODELS_SINGLE_LOOP_H

#include "base/options.h"
#include "servers/models/loop.h"

/* The whole of a model's run, with `workers` threads for the steps placed ON_WORKERS. */
MUST_CHECK int single_loop_run(struct server *server,
                               const struct loop_placement *placement, uint64_t workers,
                               struct error *error);

/* Options of the loops without libuv, whose pool for blocking steps is their own. */
struct own_pool_settings {
    uint64_t pool;
};
extern const struct field own_pool_options[];

#endif
