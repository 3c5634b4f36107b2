/*
 * load_result.h - what one run of the load generator has shown: its settings, counts,
 * distributions, series, the part of the generator itself, and warnings.
 *
 * This is `load --json`, schema version 1, and the member "load" of a trial (without the
 * series there). The generator fills one, `merge` adds up several, everything that reads
 * results reads this. load_result.c has the keys, the units and how members are merged.
 *
 * Which requests belong to the window, and in which direction a percentile may err, is
 * told in loadgen/measure/recorder.h. NAN, NULL and -1 are null in the file: not
 * measured, or without meaning for this load.
 */
#ifndef RECORD_LOAD_RESULT_H
#define RECORD_LOAD_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/distribution.h"
#include "record/flags.h"
#include "record/load_run.h"
#include "record/outcome.h"
#include "record/record.h"
#include "record/statuses.h"

enum load_mode { LOAD_CLOSED, LOAD_OPEN };
extern const char *const load_mode_words[];

/* Of an open loop: enum arrivals of workload/workload.h, and one more. */
#define LOAD_ARRIVALS_TRACE 2

/* A phase of the load as a scenario has it; what its shape does not have is null. */
struct phase_setting {
    char *duration;               /* "200ms" */
    int shape;                    /* enum phase_shape */
    double rate_rps, connections; /* one of the two is its level */
    double to;                    /* in the unit of the level */
    char *period, *burst;         /* like duration */
};

struct trace_setting {
    char *file;
    double speed;
};

/* Requests that entered the distributions with the age that they had reached. */
struct censored {
    uint64_t count;
    double least_age_ns; /* NAN: none */
};

struct class_result {
    char *name; /* "" is the unnamed class */
    struct counts counts;
    struct distribution latency;
};

/* A step of the series. Quantiles of too few replies are NAN. */
struct interval_result {
    double t_s;          /* its beginning, from that of the window */
    uint64_t ok, errors; /* completed in it */
    uint64_t in_flight;  /* begun and without a reply at its end */
    double p50_ns, p99_ns, max_ns;
};

/* Of the whole run, warm-up and drain included, for comparing with a server's counts. */
struct whole_run {
    uint64_t sent;
    uint64_t replies;     /* complete ones, good or not */
    uint64_t connections; /* opened */
    double reconnects;    /* of these, in place of one that had ended */
    double closed_idle;   /* connections that the server closed while they were idle */
    double resent; /* requests that had just gone out on one of these: sent once more, and
                    * counted once */
};

/* What went over the connections that carry requests. */
struct traffic_result {
    /* Status codes of the replies to requests that belong to the window: all that ended
     * ok, http_error or bad_body. */
    uint64_t statuses[STATUSES];
    /* Heads and bodies, within the window; without what TCP adds, or sends again. */
    uint64_t received_bytes, sent_bytes;
    double received_per_s, sent_per_s;
};

/*
 * Where the accounts of CPU time are read (loadgen/measure/account.h): at the first reply
 * at or after either end of the window. What is per request in a trial is per one of the
 * replies in between.
 */
struct accounted {
    double from_s, to_s; /* from the beginning of the window */
    double replies;      /* of any kind, after the first of these and up to the last */
};

/* One server, over the whole run. */
struct target_result {
    char *url;
    double weight; /* its share of the connections, beside other targets */
    uint64_t sent, replies;
    uint64_t failed; /* requests, for whatever reason */
};

/* Clients of one kind beside the active ones, over the whole run. */
struct background_result {
    char *name;       /* "idle", "slow_readers", "slow_senders" */
    uint64_t count;   /* connections that are to stand */
    uint64_t opened;  /* more than count: some were lost and opened again */
    uint64_t closed;  /* by the server */
    uint64_t replies; /* taken in completely */
    uint64_t failed;  /* connections that could not be opened, or broke */
    uint64_t bytes;   /* read (readers) or written (senders) */
};

/* How the replies of the window fell on the connections that carried requests. */
struct clients_result {
    double connections;
    double starved; /* had no reply although they waited for one (measure/fairness.h) */
    double least, median, most; /* replies on a connection */
};

/* What the generator itself used, and how near it was to its limits. */
struct generator_result {
    double cpu_s, spin_s; /* in the window; the part of it that was polled in vain */
    double run_delay_s;   /* that its threads waited for a CPU in the window */
    double cpu_us_per_request;
    double busiest_thread_cores; /* polling left out */
    double ceiling_rps;   /* what it could send here, by calibration; NAN: never done */
    double load_fraction; /* the part of that which was needed */
    double longest_stall_ns;  /* by which a wait or a batch overran */
    uint64_t parsed_replies;  /* that the parser read, short cuts left out */
    struct distribution *lag; /* of sends, by its own fault; NULL: closed loop */
};

/* How one arrival process was sent, against how it should have been. */
struct gaps_result {
    int arrivals;                     /* enum arrivals */
    double mean_ns;                   /* of each thread's share */
    uint64_t kept;                    /* gaps that the rest is drawn from */
    double anderson_darling, p_value; /* Poisson: against the exponential distribution */
    double lag1;                      /* Poisson: correlation of each gap with the next */
    double deviation_p99_ns;          /* constant: from the mean */
};

/* Whether the window looked the same all along. */
struct steady_result {
    bool steady;
    int series; /* enum steady_series */
    uint64_t bins;
    double bin_s;
    uint64_t cut_bins;  /* at the beginning, unlike the rest (MSER) */
    double cut_share;   /* by which the mean moves with them, of the mean without */
    double trend_z;     /* Mann-Kendall */
    double trend_share; /* Theil-Sen slope over the whole window, of the mean */
};
enum steady_series { STEADY_OK, STEADY_P50 };

struct checks_result {
    struct gaps_result *gaps; /* one per arrival process */
    size_t gaps_count;
    struct steady_result *steady; /* NULL: not judged */
    double latency_lag1_rank; /* Spearman, of latencies that followed on one another */
};

/* A limit that the result was to keep. */
struct expectation_result {
    char *text; /* "p99<20ms" */
    double value, limit;
    int unit;     /* enum expectation_unit */
    int at_least; /* 1: the value is a lower bound; else -1 */
    bool met;
};
enum expectation_unit {
    EXPECTATION_TIME, /* ns */
    EXPECTATION_COUNT,
    EXPECTATION_RATE,  /* per second */
    EXPECTATION_SHARE, /* of the scheduled requests */
};

struct load_warning {
    int flag;         /* enum flag; -1: one that this program does not know */
    char *word;       /* of the flag, as the file has it */
    char *message;    /* with its figures and the remedy */
    bool invalidates; /* the figures must not be used */
};

struct load_result {
    uint64_t schema_version;
    char **merged;         /* files of which it is the sum; NULL: measured */
    struct load_run *runs; /* it alone, or those of the sum; NULL: an older version's */
    size_t run_count;

    /* what was asked for */
    char *target;         /* the first one's URL */
    int mode;             /* enum load_mode */
    int arrivals;         /* enum arrivals or LOAD_ARRIVALS_TRACE */
    double offered_rps;   /* mean over the window */
    double scheduled_rps; /* requests that were due: over the window or, where their
                             number is limited, until the last of them was */
    struct phase_setting *phases; /* NULL: the load was the same all along */
    size_t phase_count;
    struct trace_setting *trace;
    uint64_t connections, all_connections; /* the background's included */
    uint64_t threads;
    int keep_alive;                 /* 1, 0, or -1: not all the same */
    double requests_per_connection; /* NAN: no limit */
    double pipeline;
    double think_s;       /* closed loop */
    int think_times;      /* enum think_times */
    double request_limit; /* NAN: none */
    double seed;
    double warmup_s, drain_s, interval_s;

    /* what was seen */
    double duration_s; /* measured */
    bool interrupted;
    double throughput_rps; /* good replies within the window */
    struct counts counts;
    struct distribution latency;       /* from the intended send time */
    struct distribution service;       /* from the actual send */
    struct distribution *first_byte;   /* likewise, to the first byte of the reply */
    struct distribution *connect;      /* of each connection, over the whole run */
    struct traffic_result *traffic;    /* these three: NULL: an older version's */
    struct distribution *schedule_lag; /* open loop: sent - scheduled */
    struct censored censored;
    struct class_result *classes;
    size_t class_count;
    struct interval_result *series; /* NULL: kept elsewhere */
    size_t series_count;
    uint64_t failures[FAILURES];  /* by enum failure */
    double waited_for_connection; /* open loop: requests that found none free */
    struct whole_run whole_run;
    struct accounted *accounted;    /* NULL: a sum */
    struct clients_result *clients; /* NULL: no connection carried requests */
    struct target_result *targets;
    size_t target_count;
    struct background_result *background;
    size_t background_count;

    /* whether it can be believed */
    struct generator_result generator;
    struct checks_result *checks; /* NULL: a sum */
    struct expectation_result *expectations;
    size_t expectation_count;
    bool valid;
    struct load_warning *warnings;
    size_t warning_count;
};
extern const struct record_type load_result_type;

/* Nothing measured yet, and valid; lists are empty, not null. */
void load_result_init(struct load_result *result);
void load_result_release(struct load_result *result);

/* record_read, which refuses a schema version that is not known. */
MUST_CHECK int load_result_read(struct load_result *result,
                                struct json_document *document, const cJSON *node,
                                struct error *error);

/* Empty lists of expectations and warnings. */
void load_result_add_lists(struct load_result *result);

/* Adds a warning; a flag that invalidates makes the result invalid. */
void load_result_warn(struct load_result *result, enum flag flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the generator can send, and the part of it that was needed. */
void load_result_set_ceiling(struct load_result *result, double ceiling_rps);

/* NULL where there is no such class. */
const struct class_result *load_result_class(const struct load_result *result,
                                             const char *name);

/* How many requests were due each second, of one class or, where that is NULL, of all.
 * NAN where there is no such class. */
double load_result_scheduled_rps(const struct load_result *result,
                                 const char *class_name);

#endif
