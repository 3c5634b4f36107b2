/*
 * workload.h - what the load generator sends: requests, their rates, the clients.
 *
 * The generator fills a struct workload from its command line or from a scenario
 * file (workload/scenario.h); the harness writes one for every trial. All memory in
 * it is owned by the structure. Plain data: read by many threads, written by none.
 */
#ifndef WORKLOAD_WORKLOAD_H
#define WORKLOAD_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "workload/request_head.h"

enum arrivals {
    ARRIVALS_POISSON,  /* independent exponential gaps */
    ARRIVALS_CONSTANT, /* equal gaps */
};
extern const char *const arrivals_names[]; /* "poisson", "constant", NULL */

/*
 * One kind of request. Without a rate of its own it takes part in the mix: a closed
 * connection or the common arrival process draws it with probability weight / sum of
 * weights. With a rate it is an open-loop arrival process beside the mix. One of a trace
 * is sent when the trace says so.
 */
struct request {
    char *path;       /* "/wait:50ms"; begins with a slash */
    char *class_name; /* results are told apart by it; "" is the unnamed class */
    double weight;    /* > 0; 1 by default; unused where rate > 0 */
    double rate_rps;  /* own arrivals per second; 0: part of the mix */
    int arrivals;     /* enum arrivals, of the own process */
    char *digest;     /* the expected Interleave-Digest; NULL: as in the first reply */
    bool from_trace;  /* sent by the trace only */
    struct request_head head;
};

/* Whether the request is part of the mix: it has no schedule of its own. */
static inline bool request_is_mixed(const struct request *request)
{
    return request->rate_rps <= 0 && !request->from_trace;
}

enum phase_shape {
    PHASE_STEP,  /* one level */
    PHASE_RAMP,  /* from `level` to `to`, evenly */
    PHASE_BURST, /* `level`, and in the middle of every period `to` for burst_ns */
    PHASE_SINE,  /* around `level`, rising first, with `to` at the crest */
};
extern const char *const phase_shape_names[]; /* "step", ..., NULL */

/*
 * A stretch of the measured window. Its level is a rate (open loop) or a number of
 * clients (closed loop). All phases of a workload are of the same kind.
 */
struct load_phase {
    int shape; /* enum phase_shape */
    uint64_t duration_ns;
    double level, to;   /* requests per second, or clients; `to` unused in a step */
    bool of_clients;    /* levels are numbers of clients, and not rates */
    uint64_t period_ns; /* burst, sine */
    uint64_t burst_ns;  /* burst: its length, less than the period */
};

enum think_times {
    THINK_CONSTANT,
    THINK_EXPONENTIAL, /* with think_ns as its mean */
};
extern const char *const think_times_names[]; /* "constant", "exponential", NULL */

/* Background clients that read or write slowly, each on a connection of its own. */
struct slow_clients {
    uint64_t count;
    uint64_t bytes_per_second; /* > 0 where count > 0 */
    char *path;                /* of their requests; NULL: the first request's */
};

/* An arrival of a trace. */
struct trace_entry {
    uint64_t at_ns;   /* from the beginning of the measured window, after speed-up */
    uint32_t request; /* index into the workload */
};

struct trace {
    char *path;   /* absolute after reading; NULL: no trace */
    double speed; /* 2 halves all gaps */
    struct trace_entry *entries;
    size_t count;
};

/*
 * A search for the highest rate at which a percentile of the latency keeps a limit
 * (loadgen/search/capacity.h), before the window is measured at that rate. It begins at
 * the workload's rate, in steps of at most its duration.
 */
struct capacity_aim {
    double percentile; /* 99: of all requests; 0: there is no search */
    uint64_t limit_ns;
    uint64_t search_ns; /* no step begins later than this */
};

/*
 * Phases divide the measured window. During the warm-up the load is at the level with
 * which the first phase begins, and after the last phase no request begins. Where the
 * durations of the phases do not add up to duration_ns, they and their periods are
 * stretched (or compressed) until they do. A trace begins with the window as well;
 * nothing of it is sent during the warm-up.
 *
 * Members that are settings have their rows in workload/load_fields.c.
 */
struct workload {
    struct request *requests; /* at least 1 */
    size_t request_count;

    uint64_t connections;      /* closed loop: clients; open loop: most connections in
                                  use; 0: one client, or opened when an arrival finds
                                  none free */
    uint64_t max_connections;  /* where connections are opened so: at most this many */
    double rate_rps;           /* of the mix; 0: closed loop, or phases, or a trace */
    int arrivals;              /* enum arrivals, of the mix */
    struct load_phase *phases; /* heap */
    size_t phase_count;        /* 0: the load is constant */
    struct trace trace;
    struct capacity_aim capacity;
    struct request_head head; /* of all requests */
    uint64_t think_ns;        /* closed loop: pause of a client after each reply */
    int think_times;          /* enum think_times */

    uint64_t warmup_ns;     /* sent and answered but not recorded */
    uint64_t duration_ns;   /* the measured window, right after the warm-up; 0: not yet
                               decided, see workload_settle_duration */
    uint64_t request_limit; /* the window ends with so many requests; 0: by time only */
    uint64_t timeout_ns;    /* per request, from its intended send time; 0: none */

    bool keep_alive;                  /* false: a connection for every request */
    uint64_t requests_per_connection; /* 0: no limit */
    uint64_t pipeline;                /* requests in flight on a connection, at least 1 */
    uint64_t idle;                    /* connections that are open and send nothing */
    struct slow_clients slow_readers; /* read replies slowly */
    struct slow_clients slow_senders; /* write requests slowly */
};

#define WORKLOAD_MAX_CONNECTIONS 1000000
#define WORKLOAD_MAX_PIPELINE    1024
#define WORKLOAD_MAX_RATE        1e7 /* requests per second: more than machines send */
#define WORKLOAD_MAX_PHASES      64

/* The defaults of load_fields.c, and no requests yet. */
void workload_init(struct workload *workload);
void workload_release(struct workload *workload);

/* A deep copy, to be released on its own. */
void workload_copy(struct workload *to, const struct workload *from);

/* Appends a request of weight 1 and class "". */
struct request *workload_add_request(struct workload *workload, const char *path);

void workload_add_phase(struct workload *workload, const struct load_phase *phase);

/*
 * Reads "time,path,class" lines (class and a heading may be missing; "#" begins a
 * comment) as the workload's trace, in place of the one it has, and adds their requests.
 * A time is in seconds, or has a unit; times count from the first line's and never go
 * back. 0 or -errno, with file and line in the message.
 */
MUST_CHECK int workload_read_trace(struct workload *workload, const char *path,
                                   double speed, struct error *error);

/*
 * Decides the duration where none was given: the length of the phases or of the trace;
 * `counted_ns` where the number of requests is limited (0: ignore that limit); else 10 s.
 */
void workload_settle_duration(struct workload *workload, uint64_t counted_ns);

/* True for an open loop: arrivals follow a schedule, and do not wait for replies. */
bool workload_is_open(const struct workload *workload);

/* True where every arrival process has a constant rate: no phases, no trace. */
bool workload_is_steady(const struct workload *workload);

/* True where phases say how many clients there are. */
static inline bool workload_phases_are_clients(const struct workload *workload)
{
    return workload->phase_count && workload->phases[0].of_clients;
}

/* True where connections are opened when an arrival finds none free. */
static inline bool workload_connects_as_needed(const struct workload *workload)
{
    return !workload->connections && workload_is_open(workload);
}

/* After how many requests a connection is closed; 0: never. */
static inline uint64_t workload_requests_per_connection(const struct workload *workload)
{
    return workload->keep_alive ? workload->requests_per_connection : 1;
}

/* Whether the rate is searched for. */
static inline bool workload_seeks_capacity(const struct workload *workload)
{
    return workload->capacity.percentile > 0;
}

/* What it has to keep, as `load --find-capacity` reads it: "p99<50ms". Heap. */
char *workload_objective(const struct workload *workload);

/* The longest that a search, its last step included, is planned to take; 0: none. */
uint64_t workload_search_ns(const struct workload *workload);

/* Requests per second of all processes of an open loop, averaged over the window. */
double workload_mean_rate(const struct workload *workload);

/* The most of them at any time that phases and rates ask for (a trace's are not counted).
 */
double workload_highest_rate(const struct workload *workload);

/* The most connections that measured clients have at a time. */
uint64_t workload_connections(const struct workload *workload);

/* The most connections that all clients have at a time, background clients included. */
uint64_t workload_all_connections(const struct workload *workload);

/*
 * Checks rules between members: some request exists, a mix has requests, ... 0 or
 * -EINVAL.
 */
MUST_CHECK int workload_check(const struct workload *workload, struct error *error);

#endif
