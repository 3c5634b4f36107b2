/*
 * plan.h - a run as it was decided before it starts: workload, target, requests as
 * bytes, seed, threads. Read by every thread, written by none (but for the references,
 * which have a lock of their own, see framing.h).
 */
#ifndef LOADGEN_PLAN_H
#define LOADGEN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loadgen/expect.h"
#include "loadgen/framing.h"
#include "loadgen/target.h"
#include "loadgen/watch.h"
#include "workload/workload.h"

/* How replies are held against each other. */
enum verify {
    VERIFY_LEARNED, /* body length and digest must equal those of the first good reply */
    VERIFY_STATUS,  /* status and framing only, for pages that change */
};
extern const char *const verify_names[];

enum method { METHOD_GET, METHOD_HEAD };
extern const char *const method_names[];

/* One kind of request, ready to be written to a socket. */
struct planned_request {
    char *bytes; /* heap */
    size_t length;
    uint32_t class_index;
    struct reference *reference; /* heap */
};

struct plan {
    struct workload workload; /* owned */
    struct target target;     /* owned */
    bool open;                /* workload_is_open(&workload) */
    bool transient;           /* the window need not look the same all along */

    struct planned_request *requests; /* workload.request_count of them; heap */
    const char **class_names;         /* into the workload; heap */
    size_t class_count;

    unsigned threads; /* at most one per connection */
    uint64_t seed;
    int verify;           /* enum verify */
    int method;           /* enum method */
    uint64_t interval_ns; /* of the series */
    uint64_t drain_ns;    /* longest wait for replies after the window */
    uint64_t spin_ns;     /* open loop: polled rather than slept before an arrival */
    const struct watcher *watcher; /* who looks on while it runs, or NULL; not owned */
    const struct expectation *expectations; /* limits for the result; not owned */
    size_t expectation_count;
    bool full;               /* the result holds whole distributions */
    const char *cpus;        /* list to run on, or NULL; not owned */
    const char *server_cpus; /* list that the server runs on, or NULL; not owned */
};

#define PLAN_MAX_THREADS   1024
#define PLAN_MAX_INTERVALS 10000

/*
 * Builds the requests and classes of a plan whose other members are set; afterwards
 * it owns workload and target. 0, or -EINVAL with the plan released.
 */
MUST_CHECK int plan_build(struct plan *plan, struct error *error);
void plan_release(struct plan *plan);

#endif
