/*
 * engine.h - one thread of the load generator: an epoll loop with its connections, its
 * share of the arrivals and its books.
 *
 * Life of an engine, all on its own thread but for init and release:
 *   engine_init -> engine_connect -> engine_run -> engine_disconnect -> engine_release
 *
 * What happens to a request is decided in exchange.c, what clients beside the active ones
 * do in background.c; here is the loop that gives them events and time.
 */
#ifndef LOADGEN_ENGINE_H
#define LOADGEN_ENGINE_H

#include <stdatomic.h>

#include "loadgen/engine/background_clients.h"
#include "loadgen/engine/client_connection.h"
#include "loadgen/engine/timers.h"
#include "loadgen/measure/totals.h"
#include "loadgen/plan/load_plan.h"
#include "loadgen/plan/schedule.h"

/* The phases of a run as points in time; the same for all threads. */
struct timeline {
    uint64_t start_ns; /* first requests */
    uint64_t begin_ns; /* of the measured window */
    uint64_t end_ns;   /* of the measured window: no request begins later */
    uint64_t stop_ns;  /* the latest moment at which replies are waited for */
};

/* What the coordinating thread may ask of running engines. */
struct control {
    _Atomic uint64_t end_ns;  /* an earlier end of the window; UINT64_MAX: as planned */
    _Atomic uint64_t stop_ns; /* likewise for stop_ns */
    int wake;                 /* eventfd: readable once one of them was set */
};

/* A request that has begun and is not answered. */
struct exchange {
    uint64_t scheduled_ns;
    uint64_t sent_ns; /* 0 until the first byte is written */
    uint32_t request; /* index into the plan */
    bool last;        /* it asks the server to close */
};

/* Connections that wait for a request, first in, first out. */
struct free_list {
    uint32_t first, last; /* first is CONNECTION_NONE where it is empty */
};

struct engine {
    const struct load_plan *plan;
    struct control *control;
    unsigned number; /* of the thread */

    int epoll;
    struct client_connection *connections;
    uint32_t connection_count;
    uint32_t depth;             /* of the rings */
    struct exchange *exchanges; /* a ring for each connection */
    struct pattern *patterns;   /* one per request and target */
    struct sources sources;
    struct parser_pool parsers;
    struct receive_buffer buffer;

    struct mix mix;
    struct schedule schedule;
    struct pace *paces; /* one per process of the schedule */
    struct recorder recorder;
    struct live_counters *live; /* where somebody watches, else NULL */
    struct engine_totals totals;
    struct target_result *targets; /* one per target, counts only */
    struct timeline timeline;

    /* Open loop: see exchange.h. */
    struct free_list free_open, free_closed;
    uint64_t free_since_ns; /* since when some connection has been free */

    /* Closed loop: clients start one after the other; those below `started` send. */
    uint32_t started, clients_wanted;
    double start_gap_ns;
    struct load_profile clients; /* how many there are to be */
    uint64_t next_clients_ns;
    struct timers thinkers;
    struct random thinking;

    struct background_clients background;

    enum { CPU_BEFORE, CPU_WITHIN, CPU_AFTER } cpu_phase; /* of totals.cpu_ns */
    int connect_error;      /* -errno of the last attempt that failed, or 0 */
    uint32_t opening;       /* connections in OPENING */
    uint64_t next_sweep_ns; /* when time-outs and retries are looked for */
    uint64_t sweep_gap_ns;
    uint64_t finished_ns; /* when it had made all the requests it may, else 0 */
};

/* `number` of plan->threads. 0 or -errno. */
MUST_CHECK int engine_init(struct engine *engine, const struct load_plan *plan,
                           struct control *control, unsigned number, struct error *error);
void engine_release(struct engine *engine);

/*
 * Opens the connections, a few at a time so that no backlog overflows, and those of the
 * background after them; where requests open theirs only one, to see that the target is
 * there. 0 or -errno.
 */
MUST_CHECK int engine_connect(struct engine *engine, struct error *error);

/* Sends, receives and records through all phases. */
void engine_run(struct engine *engine, const struct timeline *timeline);

/* Closes all connections. */
void engine_disconnect(struct engine *engine);

#endif
