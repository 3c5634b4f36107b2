/*
 * workload.h - what the load generator sends: requests, their rates, the clients.
 *
 * The generator fills a struct workload from its command line or from a scenario
 * file (workload/scenario.h); the harness writes one for every trial. All memory in
 * it is owned by the structure. Plain data: read by many threads, written by none.
 */
#ifndef WORKLOAD_WORKLOAD_H
#define WORKLOAD_WORKLOAD_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

enum arrivals {
    ARRIVALS_POISSON,  /* independent exponential gaps */
    ARRIVALS_CONSTANT, /* equal gaps */
};
extern const char *const arrivals_names[]; /* "poisson", "constant", NULL */

/*
 * One kind of request. Without a rate of its own it takes part in the mix: a closed
 * connection or the common arrival process draws it with probability weight / sum of
 * weights. With a rate it is an open-loop arrival process beside the mix.
 */
struct request {
    char *path;       /* "/wait:50ms"; begins with a slash */
    char *class_name; /* results are told apart by it; "" is the unnamed class */
    double weight;    /* > 0; 1 by default; unused where rate > 0 */
    double rate_rps;  /* own arrivals per second; 0: part of the mix */
    int arrivals;     /* enum arrivals, of the own process */
};

struct workload {
    struct request *requests; /* at least 1 */
    size_t request_count;

    uint64_t connections; /* closed loop: clients; open loop: most connections in use */
    double rate_rps;      /* of the mix; 0: closed loop */
    int arrivals;         /* enum arrivals, of the mix */
    uint64_t warmup_ns;   /* sent and answered but not recorded */
    uint64_t duration_ns; /* the measured window, right after the warm-up */
    uint64_t timeout_ns;  /* per request, from its intended send time; 0: none */
    bool keep_alive;      /* false: a connection for every request */
};

/* One closed-loop connection, no requests yet, 10 s, 1 s warm-up, 30 s time-out. */
void workload_init(struct workload *workload);
void workload_release(struct workload *workload);

/* A deep copy, to be released on its own. */
void workload_copy(struct workload *to, const struct workload *from);

/* Appends a request of weight 1 and class "". */
struct request *workload_add_request(struct workload *workload, const char *path);

/* True where the mix or any request has a rate. */
bool workload_is_open(const struct workload *workload);

/*
 * Checks what no single member shows: some request exists, a mix has members, ...
 * 0 or -EINVAL.
 */
MUST_CHECK int workload_check(const struct workload *workload, struct error *error);

#endif
