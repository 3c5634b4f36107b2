/*
 * totals.h - what the threads of a run have recorded, added up, and the load result that
 * is made of it.
 *
 * Threads: each fills its own part; they are added up when all have ended.
 */
#ifndef LOADGEN_TOTALS_H
#define LOADGEN_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loadgen/measure/pace.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/plan/load_plan.h"
#include "record/load_result.h"

/* Kinds of clients beside the active ones. */
enum background_kind {
    BACKGROUND_IDLE,
    BACKGROUND_SLOW_READERS,
    BACKGROUND_SLOW_SENDERS,
    BACKGROUND_KINDS
};
extern const char *const background_names[BACKGROUND_KINDS]; /* as in the JSON */

/* Counters beside the recorder; of the whole run, warm-up and drain included. */
struct engine_totals {
    uint64_t connections; /* opened */
    uint64_t waits;       /* calls of epoll */
    uint64_t late_ns;     /* longest time by which a wait or a batch overran */
    uint64_t cpu_ns;      /* of the thread, in the measured window only */
    uint64_t spin_ns;     /* of that, polled in vain while an arrival was near */
};

/* Of all threads. */
struct session_totals {
    const struct load_plan *plan;
    /* Measured; shorter than planned when interrupted, or out of requests. */
    uint64_t window_ns;
    bool interrupted; /* by a signal */
    struct recorder recorder;
    struct engine_totals engines;
    double busiest_thread_cores; /* polling left out */
    struct pace *paces;          /* one per arrival process; heap */
    size_t pace_count;
    struct target_result *targets; /* one per target, counts only; heap */
    struct background_result background[BACKGROUND_KINDS]; /* counts only */
    uint64_t parsed_replies; /* that the parser read, short cuts left out */
};

/* Of a window that lasted window_ns, no longer than planned. */
void totals_init(struct session_totals *totals, const struct load_plan *plan,
                 uint64_t window_ns);
void totals_release(struct session_totals *totals);

/* Add what one thread has. */
void totals_add_engine(struct session_totals *totals, const struct engine_totals *engine);
void totals_add_paces(struct session_totals *totals, const struct pace *paces,
                      size_t count);
void totals_add_targets(struct session_totals *totals,
                        const struct target_result *targets);
void totals_add_background(struct session_totals *totals,
                           const struct background_result *background);

/*
 * Makes the result, judged: with the self-check's warnings and the plan's expectations.
 * Release it on its own.
 */
void totals_result(const struct session_totals *totals, struct load_result *result);

#endif
