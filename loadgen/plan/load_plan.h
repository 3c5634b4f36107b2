/*
 * load_plan.h - a run as it was decided before it starts: workload, targets, requests as
 * bytes, seed, threads.
 *
 * Threads: immutable once it is built, so that all threads read it without a lock. Only
 * what a good reply looks like is learned during the run, under the lock of struct
 * expected_reply.
 */
#ifndef LOADGEN_LOAD_PLAN_H
#define LOADGEN_LOAD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loadgen/plan/expected_reply.h"
#include "loadgen/plan/target.h"
#include "workload/workload.h"

struct expectation; /* loadgen/measure/expect.h */
struct watcher;     /* loadgen/measure/watch.h */

/* What makes a reply a good one. */
enum verify {
    VERIFY_LEARNED, /* body length and digest must equal those of the first good reply */
    VERIFY_STATUS,  /* status and framing only, for pages that change */
};
extern const char *const verify_names[];

/* Bytes that are written to a socket. */
struct message {
    char *bytes; /* heap */
    size_t length;
};

/* One kind of request, ready to be sent to every target. */
struct planned_request {
    struct message *messages; /* two for each target, see load_plan_message; heap */
    uint32_t class_index;
    bool to_head;                    /* a HEAD: no body follows the head of its reply */
    bool idempotent;                 /* may be sent again where its connection was lost */
    struct expected_reply *expected; /* heap */
};

/* Length of the round-robin sequence of targets. Every weight is rounded to a multiple of
 * 1/1200 of the connections. */
#define PLAN_ROUND 1200

struct load_plan {
    struct workload workload; /* owned */
    struct target *targets;   /* owned; at least 1 */
    size_t target_count;
    uint16_t round[PLAN_ROUND]; /* targets in the order in which connections get them */
    bool open;                  /* workload_is_open(&workload) */
    bool transient;             /* steady state is not checked for */

    struct planned_request *requests; /* workload.request_count of them; heap */
    struct planned_request slow_read; /* what slow readers ask for */
    struct planned_request slow_send; /* what slow senders ask for */
    const char **class_names;         /* into the workload; heap */
    size_t class_count;

    unsigned threads; /* at most one per connection */
    unsigned sources; /* addresses to connect from where ports run short, at least 1 */
    uint64_t seed;
    int verify;           /* enum verify */
    uint64_t interval_ns; /* of the series */
    uint64_t drain_ns;    /* longest wait for replies after the window */
    uint64_t spin_ns;  /* open loop: busy-polling in place of sleep before an arrival */
    bool spins_always; /* never sleeps, so that the server never wakes it */
    const struct watcher *watcher; /* gets the live counters, or NULL; not owned */
    const struct expectation *expectations; /* limits for the result; not owned */
    size_t expectation_count;
    bool full;               /* the result holds every bucket of the histograms */
    const char *cpus;        /* list to run on, or NULL; not owned */
    const char *server_cpus; /* list that the server runs on, or NULL; not owned */
};

#define LOAD_MAX_THREADS   1024
#define LOAD_MAX_RATE      1e6 /* requests per second and thread, beyond what one sends */
#define LOAD_MAX_TARGETS   256
#define LOAD_MAX_SOURCES   250
#define LOAD_MAX_INTERVALS 10000

/* Appends a target, which the plan owns from then on. */
void load_plan_add_target(struct load_plan *plan, const struct target *target);

/* `last`: the form of the request that carries "Connection: close". */
static inline const struct message *
load_plan_message(const struct planned_request *request, uint32_t target, bool last)
{
    return &request->messages[2 * target + last];
}

/*
 * The target of a connection, by weighted round robin. Connections are numbered over all
 * threads.
 */
uint32_t load_plan_target_of(const struct load_plan *plan, uint64_t connection);

/*
 * Builds the requests and classes of a plan whose other members are set; afterwards
 * it owns workload and targets. 0, or -EINVAL with the plan released.
 */
MUST_CHECK int load_plan_build(struct load_plan *plan, struct error *error);
void load_plan_release(struct load_plan *plan);

#endif
