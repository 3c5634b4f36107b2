/*
 * model.h - a concurrency model: an answer to "who runs each kind of step, and what
 * does that thread do meanwhile?" Everything else is the same code for all.
 *
 * To add a model:
 *   1. One file in servers/models/ that ends in its `const struct model`.
 *   2. One line in servers/models.def; the order there is the order of every table.
 *   3. Take the shared parts of its family: models whose threads sleep in a step serve
 *      with models/blocking.h, models on a loop with models/loop.h and a placement;
 *      a fixed number of processes are models/worker_processes.h's, any other
 *      models/processes.h's; several loops or processes get a part of the server each
 *      (server_split).
 *      A new family brings its own shared part and uses servers/connection.h, so that
 *      requests, replies and limits stay the same.
 *   4. Accept through server_accept only (server_admit, where the system accepts by
 *      itself), and tell server_closed. Count through server_join. Watch stop_fd: when it
 *      becomes readable, accept no more, finish the requests in hand, close what is idle
 *      and return. Draining too long is ended from outside.
 *   5. Call server_ready when connections would be served.
 *   6. Flags say what a model is; the core branches on flags, never on names. Flags and
 *      options (threads, processes, workers, cpu ...) are also what analysis/theory.c
 *      predicts from: give an option the name that others with its meaning have.
 *   7. If a machine may lack what it needs, implement `supported`.
 *   8. docs/models.md: a row in its matrix and a section, which tests/system/guide.t asks
 *      for; the README's matrix, where the model fits no column of it. The conformance
 *      tests run by themselves; what is special about the model wants a test beside them.
 *
 * docs/adding-a-model.md does all that with a complete example.
 */
#ifndef SERVERS_MODEL_H
#define SERVERS_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/options.h"

struct server;

enum model_flag {
    MODEL_LOOP = 1 << 0,    /* an event loop drives the connections; it can lag       */
    MODEL_THREADS = 1 << 1, /* serves with threads that sleep while a step waits      */
    MODEL_WORKERS = 1 << 2, /* CPU steps run on a pool of threads beside the loop     */
    MODEL_SERIAL = 1 << 3,  /* one request at a time: all others wait in line         */
    MODEL_CALIBRATION = 1 << 4, /* a canned reply whatever is asked: measures the rest */
    MODEL_PROCESSES = 1 << 5,   /* serves in processes, forked from the primary         */
};

/* What an option counts: the `role` of a struct field. */
enum option_role {
    ROLE_NONE,
    ROLE_UPSTREAM_CONNECTIONS, /* of each thread or loop                          */
    ROLE_DATABASE_CONNECTIONS, /* of the server, whose processes divide them      */
};

/* The words for the flags, in the order of their bits; ends with NULL. */
extern const char *const model_flag_names[];

struct model {
    const char *name;
    const char *summary;         /* one line, no full stop */
    unsigned flags;              /* enum model_flag */
    const struct field *options; /* its own, or NULL */
    size_t settings_bytes;       /* of the structure they fill in */

    /* Whether this machine can run it; if not, says why. NULL: always. */
    bool (*supported)(struct error *why);

    /* Serves until the server is told to stop. server->model_settings holds the
     * settings; it may resolve them ("cores") in place. 0 or -errno. */
    int (*run)(struct server *server, struct error *error);
};

#define MODEL(identifier) extern const struct model identifier##_model;
#include "servers/models.def"
#undef MODEL

/* All models, in order; ends with NULL. */
extern const struct model *const model_list[];

/* The model with this name, or NULL and a message that may suggest another. */
const struct model *model_find(const char *name, struct error *error);

#endif
