/*
 * engine.h - one thread of the load generator: an epoll event loop with its connections,
 * its part of the arrivals and its recorder. Engines share nothing but the plan and
 * struct control.
 *
 * Life of an engine, all on its own thread but for init and release:
 *   engine_init -> engine_connect -> engine_run -> engine_disconnect -> engine_release
 * where engine_run may be repeated, with engine_rewind in between.
 *
 * The life of a request is in exchange.c, background clients are in background_clients.c;
 * here is the loop that gives them events and time.
 */
#ifndef LOADGEN_ENGINE_H
#define LOADGEN_ENGINE_H

#include <stdatomic.h>

#include "loadgen/engine/background_clients.h"
#include "loadgen/engine/client_connection.h"
#include "loadgen/engine/free_set.h"
#include "loadgen/engine/timers.h"
#include "loadgen/measure/totals.h"
#include "loadgen/plan/load_plan.h"
#include "workload/schedule.h"

/* The course of a run as points in time, the same for all threads. */
struct timeline {
    uint64_t start_ns; /* warm-up: the first requests */
    uint64_t begin_ns; /* of the measured window */
    uint64_t end_ns;   /* of the measured window: no request begins later */
    uint64_t stop_ns;  /* end of the drain: replies are not waited for any longer */
};

/* How the coordinating thread ends running engines early: atomics, and an eventfd that
 * wakes their epoll_wait. */
struct control {
    _Atomic uint64_t end_ns;  /* an earlier end of the window; UINT64_MAX: as planned */
    _Atomic uint64_t stop_ns; /* an earlier end of the drain; UINT64_MAX: as planned */
    int wake;                 /* eventfd: readable once one of them was set */
};

/* A request that has begun and is not answered. */
struct exchange {
    uint64_t scheduled_ns;
    uint64_t sent_ns; /* 0 until the first byte is written */
    uint32_t request; /* index into the plan */
    bool last;        /* carries "Connection: close" */
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
    struct pace *paces; /* one per arrival process of the schedule */
    struct recorder recorder;
    struct account *account;    /* of all threads, for the recorder; not owned */
    struct live_counters *live; /* NULL where the plan has no watcher */
    struct engine_totals totals;
    struct target_result *targets; /* one per target, counts only */
    struct fairness fairness;      /* filled when it has ended */
    struct timeline timeline;

    /* Open loop: free connections, and those that open on demand (exchange.h). */
    struct free_set free_open, free_closed;
    struct random choice;   /* which of them takes the next request */
    uint64_t free_since_ns; /* since when one of the sets has not been empty */

    /* Closed loop: clients start one after the other; those below `started` send. */
    uint32_t started, clients_wanted;
    double start_gap_ns;
    struct load_profile clients; /* their wanted number over time */
    uint64_t next_clients_ns;    /* when that number is computed again */
    struct timers thinkers;      /* ends of think times */
    struct random thinking;

    struct background_clients background;

    enum { CPU_BEFORE, CPU_WITHIN, CPU_AFTER } cpu_phase; /* of totals.cpu_ns */
    int connect_error;      /* -errno of the last attempt that failed, or 0 */
    uint32_t opening;       /* connections in OPENING */
    uint64_t next_sweep_ns; /* of all connections, for time-outs and retries */
    uint64_t sweep_gap_ns;
    uint64_t finished_ns; /* when its part of the request limit had ended, or 0 */
};

/* `number` of plan->threads. 0 or -errno. */
MUST_CHECK int engine_init(struct engine *engine, const struct load_plan *plan,
                           struct control *control, struct account *account,
                           unsigned number, struct error *error);
void engine_release(struct engine *engine);

/*
 * Opens the connections in batches, so that the target's listen backlog does not
 * overflow, and then those of the background clients. Where connections are opened on
 * demand it opens only one, to see that the target is there. 0 or -errno.
 */
MUST_CHECK int engine_connect(struct engine *engine, struct error *error);

/* Sends, receives and records from the warm-up to the end of the drain. */
void engine_run(struct engine *engine, const struct timeline *timeline);

/* Forgets what was recorded, keeps the connections. Arrivals go on being drawn from where
 * the round before has left the random numbers. */
void engine_rewind(struct engine *engine);

/* Closes all connections. */
void engine_disconnect(struct engine *engine);

#endif
