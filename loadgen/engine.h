/*
 * engine.h - one thread of the load generator: an epoll loop with its connections, its
 * share of the arrivals and its books.
 *
 * Life of an engine, all on its own thread but for init and release:
 *   engine_init -> engine_connect -> engine_run -> engine_disconnect -> engine_release
 *
 * What happens to a request is decided here, in four steps that follow one another:
 * begin (it gets a connection), send, end (reply, failure or time-out), and what the
 * connection does next: in a closed loop its client's next request, in an open loop
 * the arrival that waits longest.
 *
 * Time stamps. A reply is done when the recv that completed it has returned. A closed
 * client's next request is scheduled, and sent, at that same reading of the clock: only
 * the accounting lies between. In an open loop the clock is read right before every
 * send.
 */
#ifndef LOADGEN_ENGINE_H
#define LOADGEN_ENGINE_H

#include <stdatomic.h>

#include "loadgen/connection.h"
#include "loadgen/pace.h"
#include "loadgen/plan.h"
#include "loadgen/recorder.h"
#include "loadgen/schedule.h"

/* The phases of a run as points in time; the same for all threads. */
struct phases {
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

/* Counters beside the books; of the whole run, warm-up and drain included. */
struct engine_totals {
    uint64_t requests_sent;
    uint64_t replies;     /* complete ones, good or not */
    uint64_t connections; /* opened */
    uint64_t waits;       /* calls of epoll */
    uint64_t late_ns;     /* longest time by which a wait or a batch overran */
    uint64_t cpu_ns;      /* of the thread, in the measured window only */
    uint64_t spin_ns;     /* of that, polled in vain while an arrival was near */
};

struct engine {
    const struct plan *plan;
    struct control *control;
    unsigned number; /* of the thread */

    int epoll;
    struct connection *connections;
    uint32_t connection_count;
    struct pattern *patterns; /* one per request of the plan */
    struct parser_pool parsers;
    struct receive_buffer buffer;

    struct mix mix;
    struct schedule schedule;
    struct pace *paces; /* one per process of the schedule */
    struct recorder recorder;
    struct tally *tally; /* where somebody watches, else NULL */
    struct engine_totals totals;
    struct phases phases;

    /* Open loop: connections that are free, the longest free first. */
    uint32_t idle_first, idle_last;
    uint64_t idle_since_ns; /* since when some connection has been free */

    /* Closed loop: clients start one after the other. */
    uint32_t started;
    double start_gap_ns;

    enum { CPU_BEFORE, CPU_WITHIN, CPU_AFTER } cpu_phase; /* of totals.cpu_ns */
    int connect_error;      /* -errno of the last attempt that failed, or 0 */
    uint32_t opening;       /* connections in OPENING */
    uint64_t next_sweep_ns; /* when time-outs and retries are looked for */
    uint64_t sweep_gap_ns;
};

/* `number` of plan->threads. 0 or -errno. */
MUST_CHECK int engine_init(struct engine *engine, const struct plan *plan,
                           struct control *control, unsigned number, struct error *error);
void engine_release(struct engine *engine);

/*
 * Opens the connections, a few at a time so that no backlog overflows; with a
 * connection per request only one, to see that the target is there. 0 or -errno.
 */
MUST_CHECK int engine_connect(struct engine *engine, struct error *error);

/* Sends, receives and records through all phases. */
void engine_run(struct engine *engine, const struct phases *phases);

/* Closes all connections. */
void engine_disconnect(struct engine *engine);

#endif
