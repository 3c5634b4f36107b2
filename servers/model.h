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
 *   6. Flags say what a model is, `wait`, `blocking` and `cpu` who runs each kind of
 *      step, and the role of an option what it counts or chooses. The core branches on
 *      these, never on names, and analysis/theory.c and analysis/simulate predict from
 *      them.
 *   7. If a machine may lack what it needs, implement `supported`.
 *   8. docs/models.md: a row in its matrix and a section, which tests/system/guide.t asks
 *      for; the model's name in the README's matrix. tests/system/matrix.t holds both
 *      against the descriptor. The conformance tests run by themselves; what is special
 *      about the model wants a test beside them.
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

/* What a model is; model_flag_words has the words, in the order of the bits. */
enum model_flag {
    MODEL_REFERENCE = 1 << 0,   /* a server that this project did not write           */
    MODEL_PLAINTEXT = 1 << 1,   /* a reference that sends the greeting and nothing else */
    MODEL_PROXY = 1 << 2,       /* a reference that hands on its upstream's replies     */
    MODEL_CALIBRATION = 1 << 3, /* a canned reply whatever is asked: measures the rest  */

    /* From here on: what the file of a reference may say of it. */
    MODEL_LOOP = 1 << 4,      /* an event loop drives the connections; it can lag       */
    MODEL_THREADS = 1 << 5,   /* serves with threads that sleep while a step waits      */
    MODEL_WORKERS = 1 << 6,   /* CPU steps run on a pool of threads beside the loop     */
    MODEL_SERIAL = 1 << 7,    /* one request at a time: all others wait in line         */
    MODEL_PROCESSES = 1 << 8, /* serves in processes, forked from the primary           */

    /* Without a word. */
    MODEL_IGNORES_MARKS = 1 << 9, /* SIGUSR2 does not tell it where the window begins   */
};

extern const char *const model_flag_words[]; /* ends with NULL */

/* Those from MODEL_LOOP on, and their first bit. */
#define MODEL_REFERENCE_SHIFT 4
#define MODEL_REFERENCE_WORDS (model_flag_words + MODEL_REFERENCE_SHIFT)

/* Who runs a step, and what it does meanwhile. */
enum step_runner {
    STEP_NOBODY,    /* there are no steps: a canned reply                               */
    STEP_THREAD,    /* the thread or process that serves the request sleeps or computes */
    STEP_LOOP,      /* a wait is registered on the loop; what computes there keeps all
                     * other requests waiting                                           */
    STEP_COROUTINE, /* the request's coroutine is suspended, its wait is on the loop    */
    STEP_POOL,      /* threads for what blocks: libuv's pool, or one of the model's own */
    STEP_WORKERS,   /* threads for what computes                                        */
};
extern const char *const step_runner_words[]; /* ends with NULL */

/* What an option sets, whatever its name: field.role. At most one option of a model has
 * a role. */
enum option_role {
    ROLE_NONE,
    ROLE_THREADS,              /* threads that serve, each one request at a time        */
    ROLE_PROCESSES,            /* processes that serve; connections stay with theirs    */
    ROLE_LOOPS,                /* loops of one process, with a listening socket each    */
    ROLE_WORKERS,              /* threads that run the CPU steps                        */
    ROLE_POOL,                 /* threads of STEP_POOL, in each process                 */
    ROLE_CPU,                  /* who runs CPU steps: place_words                       */
    ROLE_BLOCKING,             /* who runs BLOCKING steps: the same                     */
    ROLE_DISPATCH,             /* what is given to a thread at a time: dispatch_words   */
    ROLE_DISTRIBUTION,         /* how processes get connections: distribution_words     */
    ROLE_UPSTREAM_CONNECTIONS, /* most, of each thread and of each loop                 */
    ROLE_DATABASE_CONNECTIONS, /* most, of the server; its processes divide them        */
    ROLE_COUNT
};

/* The choices of the options that have some, by the enum whose values they stand for. */
enum step_place { STEPS_ON_LOOP, STEPS_ON_POOL };
enum dispatch { DISPATCH_REQUEST, DISPATCH_CONNECTION };
enum connection_distribution { DISTRIBUTION_HANDOVER, DISTRIBUTION_REUSEPORT };
extern const char *const place_words[]; /* each ends with NULL */
extern const char *const dispatch_words[];
extern const char *const distribution_words[];

/* By role, those words; NULL: its options have no choices, but count something. */
extern const char *const *const option_role_words[];

struct model {
    const char *name;
    const char *summary;                  /* one line, no full stop */
    unsigned flags;                       /* enum model_flag */
    enum step_runner wait, blocking, cpu; /* of each kind of step, by default */
    const struct field *options;          /* its own, or NULL: see model_option */
    size_t settings_bytes;                /* of the structure they fill in */

    /* Whether this machine can run it; if not, says why. NULL: always. */
    bool (*supported)(struct error *why);

    /* Serves until the server is told to stop. server->model_settings holds the
     * settings; it may resolve them ("cores") in place. 0 or -errno. NULL where this
     * program cannot run it itself, since it was read from a description. */
    int (*run)(struct server *server, struct error *error);

    /* Only of what was read from a description. */
    const char *version;     /* as it says itself, or NULL */
    const char *unsupported; /* why this machine cannot run it, or NULL */
};

#define MODEL(identifier) extern const struct model identifier##_model;
#include "servers/models.def"
#undef MODEL

/* All models, in order; ends with NULL. */
extern const struct model *const model_list[];

/* The model with this name, or NULL and a message that may suggest another. */
const struct model *model_find(const char *name, struct error *error);

/* False where this machine cannot run it, and then the reason is in `why`. */
bool model_is_supported(const struct model *model, struct error *why);

/* The option at `index`: its own, then the pools that steps have under every model of
 * ours that runs steps. NULL after the last one. */
const struct field *model_option(const struct model *model, size_t index);

/* By its name, or by its role; NULL: the model has none. */
const struct field *model_option_named(const struct model *model, const char *name);
const struct field *model_option_with_role(const struct model *model,
                                           enum option_role role);

/* The role that options of this name have in our models; ROLE_NONE: no special one. It
 * gives a role to options in files, which have names alone. */
enum option_role option_role_of(const char *name);

#endif
