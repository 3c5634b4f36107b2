/*
 * totals.h - the sum of what all threads of a run have recorded, and the load result that
 * is made of it.
 *
 * Threads: each thread fills its own part without a lock; the parts are added up when all
 * threads have ended.
 */
#ifndef LOADGEN_TOTALS_H
#define LOADGEN_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loadgen/measure/fairness.h"
#include "loadgen/measure/pace.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/plan/load_plan.h"
#include "record/load_result.h"

/* Kinds of background clients (background_clients.h). */
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
    uint64_t reconnects;  /* of these, in place of one that had ended */
    uint64_t closed_idle; /* connections that the server closed while they were idle */
    uint64_t resent;      /* requests that were on their way on one of these */
    uint64_t waits;       /* calls of epoll */
    uint64_t late_ns;     /* longest overrun of a wait's deadline: the longest stall */
    uint64_t cpu_ns;      /* of the thread, in the measured window only */
    double run_delay_s;   /* that it waited for a CPU then; NAN: not told */
    uint64_t spin_ns;     /* of that, busy-polling before an arrival */
};

/* Of all threads. */
struct session_totals {
    const struct load_plan *plan;
    /* Measured time: shorter than planned where the run was interrupted, or where all its
     * requests had ended. */
    uint64_t window_ns;
    bool interrupted;   /* by a signal */
    double throttled_s; /* by the cgroup's CPU quota; NAN: not told */
    struct recorder recorder;
    struct accounted accounted; /* its times; the replies are the recorder's */
    struct engine_totals engines;
    double busiest_thread_cores; /* without busy-polling */
    struct pace *paces;          /* one per arrival process; heap */
    size_t pace_count;
    struct target_result *targets; /* one per target, counts only; heap */
    struct background_result background[BACKGROUND_KINDS]; /* counts only */
    struct fairness fairness;
    uint64_t parsed_replies; /* read by llhttp, and not by comparison with a known head */
};

/* `window_ns`: how long the window lasted, at most as long as planned. */
void totals_init(struct session_totals *totals, const struct load_plan *plan,
                 uint64_t window_ns);
void totals_release(struct session_totals *totals);

/* Each adds what one thread has recorded. */
void totals_add_engine(struct session_totals *totals, const struct engine_totals *engine);
void totals_add_paces(struct session_totals *totals, const struct pace *paces,
                      size_t count);
void totals_add_targets(struct session_totals *totals,
                        const struct target_result *targets);
void totals_add_background(struct session_totals *totals,
                           const struct background_result *background);

/*
 * Makes the result, with the warnings of the self-check and the plan's expectations. The
 * caller releases it.
 */
void totals_result(const struct session_totals *totals, struct load_result *result);

#endif
