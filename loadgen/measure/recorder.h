/*
 * recorder.h - accounting: what became of every request, and when.
 *
 * Which requests belong to a run. The measured window is [begin, end). A request
 * belongs to it by its *scheduled* time: in an open loop the time at which it was due,
 * in a closed loop the time at which its client was ready to send it. All counts and
 * distributions are about the requests that belong, whenever they end; replies that
 * come after the window, while the run drains, still count. A request of the warm-up
 * that has no reply when the run ends was in flight through the whole window: it
 * belongs too, so that connections which are never served are seen. Throughput and the
 * series are about time instead: replies that were complete within the window or
 * interval, whenever their requests were scheduled.
 *
 * Distributions. Latency runs from the scheduled time to the last byte of the reply,
 * which avoids coordinated omission; service time runs from the first byte sent. They
 * hold the replies that were good and, kept apart as `ages`, the requests that had none:
 * time-outs at no less than the time-out, and what was in flight or unsent when the run
 * ended at the age that it had reached. Such an age is less than the true latency
 * (right-censored), so that a figure may be too low, never too high. Failures of other
 * kinds are counted and not timed: a quick error would flatter.
 *
 * Threads: one recorder per thread, merged when all threads have ended.
 */
#ifndef LOADGEN_RECORDER_H
#define LOADGEN_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "loadgen/measure/account.h"
#include "loadgen/measure/pairs.h"
#include "loadgen/measure/watch.h"
#include "record/outcome.h"
#include "record/statuses.h"

struct class_record {
    struct counts counts;
    /* Latency, and also service time and time to the first byte, of requests that were
     * sent when they were due and answered in one piece. */
    struct histogram on_time;
    struct histogram late;     /* latency of all others */
    struct histogram ages;     /* of requests without a reply, from the scheduled time */
    uint64_t slowest_early_ns; /* latency of good replies to requests of the warm-up */
};

/* One interval of the series. */
struct series_interval {
    uint64_t ok, errors; /* completed in it */
    uint64_t in_flight;  /* begun and without a reply at its end */
    uint64_t max_ns;
    uint32_t counts[HISTOGRAM_COARSE_BUCKETS];
};

struct recorder {
    uint64_t begin_ns, end_ns;

    struct class_record *classes;
    size_t class_count;
    /* Of all others: service time and, also of incomplete replies, to the first byte. */
    struct histogram service, first_byte;
    /* Ages from the first byte sent, of requests without a complete reply, and of those
     * without a byte of one. */
    struct histogram service_ages, first_byte_ages;
    struct histogram schedule_lag; /* open loop: sent - scheduled */
    struct histogram own_lag;      /* the part of it that is the generator's fault */
    struct histogram connects;     /* connect times of the whole run */
    struct pairs successive;       /* latencies of successive good replies */
    uint64_t failures[FAILURES];
    uint64_t statuses[STATUSES]; /* of complete replies, by status_place */

    uint64_t completed;                  /* good replies within the window */
    uint64_t refused;                    /* replies within it that were not good */
    uint64_t received_bytes, sent_bytes; /* within it */
    uint64_t sent_in_time; /* requests that belong and were sent in the window */
    uint64_t waited;       /* open loop: requests that found no free connection */
    /* Open loop, from the beginning of the window: until when requests that belong were
     * due, and until when they were sent. */
    uint64_t due_span_ns, sent_span_ns;

    struct live_counters *live; /* for the plan's watcher, or NULL; not owned */
    struct account *account;    /* of all threads, or NULL; not owned */
    uint64_t accounted;         /* replies of any kind between its edges */

    uint64_t in_flight; /* requests now, whether they belong or not */
    struct series_interval *intervals;
    size_t interval_count;
    uint64_t interval_ns;
    struct series_interval *current; /* NULL outside the window */
    uint64_t current_end_ns;         /* when the next interval becomes current */
};

void recorder_init(struct recorder *recorder, size_t class_count, uint64_t interval_ns,
                   uint64_t duration_ns);
void recorder_release(struct recorder *recorder);

/* Fixes the window; before the first request. */
void recorder_start(struct recorder *recorder, uint64_t begin_ns, uint64_t end_ns);

/* Moves the end nearer; it must lie in the future. */
void recorder_end_at(struct recorder *recorder, uint64_t end_ns);

static inline bool recorder_belongs(const struct recorder *recorder,
                                    uint64_t scheduled_ns)
{
    return scheduled_ns >= recorder->begin_ns && scheduled_ns < recorder->end_ns;
}

/* Whether what was recorded last ended within the window. */
static inline bool recorder_within(const struct recorder *recorder)
{
    return recorder->current != NULL;
}

/* A request begins. Its connection may still have to be opened. */
static inline void recorder_begun(struct recorder *recorder, uint32_t class_index,
                                  uint64_t scheduled_ns)
{
    recorder->in_flight++;
    if (recorder->live)
        live_counter_add(&recorder->live->in_flight, 1);
    if (recorder_belongs(recorder, scheduled_ns))
        recorder->classes[class_index].counts.scheduled++;
}

/* The first byte of the request was written. */
static inline void recorder_sent(struct recorder *recorder, uint32_t class_index,
                                 uint64_t scheduled_ns, uint64_t sent_ns)
{
    if (recorder_belongs(recorder, scheduled_ns)) {
        recorder->classes[class_index].counts.sent++;
        recorder->sent_in_time += sent_ns < recorder->end_ns;
    }
}

/* Bytes that the socket took or gave. */
static inline void recorder_bytes(struct recorder *recorder, uint64_t sent,
                                  uint64_t received, uint64_t now_ns)
{
    if (recorder_belongs(recorder, now_ns)) {
        recorder->sent_bytes += sent;
        recorder->received_bytes += received;
    }
}

/* The reply is complete, whether it is good or not; recorder_ok or recorder_failed
 * follows. */
static inline void recorder_status(struct recorder *recorder, uint64_t scheduled_ns,
                                   unsigned status)
{
    recorder->statuses[status_place(status)] += recorder_belongs(recorder, scheduled_ns);
}

/* The reply is complete, and good; first_ns is when its first bytes came, at done_ns
 * where they were all. Calls come in the order of done_ns. */
void recorder_ok(struct recorder *recorder, uint32_t class_index, uint64_t scheduled_ns,
                 uint64_t sent_ns, uint64_t first_ns, uint64_t done_ns);

/* The request failed; sent_ns is 0 where nothing of it was sent, first_ns where nothing
 * of a reply came. */
void recorder_failed(struct recorder *recorder, uint32_t class_index,
                     uint64_t scheduled_ns, uint64_t sent_ns, uint64_t first_ns,
                     uint64_t done_ns, enum failure failure);

/* The run ends and the request has no reply: it is right-censored at its age. */
void recorder_unfinished(struct recorder *recorder, uint32_t class_index,
                         uint64_t scheduled_ns, uint64_t sent_ns, uint64_t first_ns,
                         uint64_t now_ns);

/* The arrival was due and will never be sent. */
void recorder_dropped(struct recorder *recorder, uint32_t class_index,
                      uint64_t scheduled_ns, uint64_t now_ns);

/* Open loop, when an arrival gets a connection: `late_ns` of its delay is the generator's
 * own lag, `waited` says that no connection was free when it was due. */
void recorder_taken(struct recorder *recorder, uint64_t scheduled_ns, bool waited,
                    uint64_t late_ns);

/* Open loop, when the first byte of the request is written. */
void recorder_lag(struct recorder *recorder, uint64_t scheduled_ns, uint64_t sent_ns);

/* Closes the intervals up to this time, empty ones included. */
void recorder_advance(struct recorder *recorder, uint64_t now_ns);

void recorder_merge(struct recorder *into, const struct recorder *from);

/* Quantile of an interval's latencies, as histogram_quantile. */
uint64_t series_interval_quantile(const struct series_interval *interval,
                                  double fraction);

#endif
