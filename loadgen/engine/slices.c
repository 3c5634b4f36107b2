/* slices.c - see slices.h. */
#include "loadgen/engine/slices.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "loadgen/engine/events.h"
#include "loadgen/engine/session.h"

struct slices_run {
    const struct slicing *slicing;
    int events;
    struct load_plan plans[SLICE_SIDES]; /* shallow: what they point to is the plan's */
    struct session *sessions[SLICE_SIDES];
    uint64_t first_ns; /* when the first slice was about to begin; 0: not yet */
    struct slice_series *series;
};

/* The plan with all of its connections to one of the two servers. */
static struct load_plan plan_of(const struct load_plan *plan, enum slice_side side,
                                const struct slicing *slicing)
{
    struct load_plan own = *plan;
    for (size_t i = 0; i < PLAN_ROUND; i++)
        own.round[i] = (uint16_t)side;
    own.workload.duration_ns = slicing->slice_ns - slicing_guard_ns(slicing);
    own.transient = true; /* a slice is too short to be told from chance */
    return own;
}

static int open_sessions(struct slices_run *run, struct error *error)
{
    int code = 0;
    for (int side = 0; side < SLICE_SIDES && code == 0; side++)
        code = session_open(&run->sessions[side], &run->plans[side], -1, error);
    return code;
}

static bool was_interrupted(const struct slices_run *run)
{
    return session_was_interrupted(run->sessions[SLICE_FIRST]) ||
           session_was_interrupted(run->sessions[SLICE_SECOND]);
}

/* Tells the parent, which looks at both servers while nothing is sent. */
static void tell(struct slices_run *run, const char *word)
{
    events_tell(run->events, word);
    session_wait_for_parent(run->sessions[SLICE_FIRST], run->events);
}

static int check_drained(const struct slices_run *run, const struct load_result *result,
                         struct error *error)
{
    uint64_t left = result->counts.ended[OUTCOME_IN_FLIGHT];
    if (!left)
        return 0;
    return error_set(error, -ETIMEDOUT,
                     "slices need a server that answers all it is asked before the other "
                     "one has its turn: %llu %s without a reply %.3g s after slice %zu",
                     (unsigned long long)left, text_plural((double)left, "was", "were"),
                     result->drain_s, run->series->slice_count);
}

/* Of the warm-up with `turn` 0. A slice that was cut short is left out. */
static int measure(struct slices_run *run, uint64_t turn, enum slice_side side,
                   struct error *error)
{
    struct load_result result;
    struct load_plan *plan = &run->plans[side];
    if (turn > 0)
        plan->workload.warmup_ns = slicing_guard_ns(run->slicing);
    uint64_t begin_ns = clock_now_ns();
    if (!run->first_ns)
        run->first_ns = begin_ns;
    int code = session_measure(run->sessions[side], &result, error);
    if (code < 0)
        return code;
    if (!was_interrupted(run)) {
        slice_series_add(run->series, turn, side,
                         clock_seconds_between(run->first_ns, begin_ns), &result);
        code = check_drained(run, &result, error);
    }
    if (code == 0 && run->series->slice_count == 1)
        run->series->offered_rps = result.offered_rps;
    load_result_release(&result);
    if (code == 0)
        tell(run, "slice");
    return code;
}

/* Both servers have their turn. */
static int measure_pair(struct slices_run *run, uint64_t turn, bool second_first,
                        struct error *error)
{
    int code = 0;
    for (int i = 0; i < SLICE_SIDES && code == 0 && !was_interrupted(run); i++)
        code = measure(run, turn, second_first ? SLICE_SECOND - i : i, error);
    return code;
}

static int measure_all(struct slices_run *run, struct error *error)
{
    uint64_t count = run->slicing->count;
    bool *second_first = memory_allocate_zeroed(count, sizeof *second_first);
    slicing_order(run->slicing, run->series->seed, second_first);
    tell(run, "connected");
    int code = measure_pair(run, 0, false, error);
    for (uint64_t turn = 1; turn <= count && code == 0; turn++)
        code = measure_pair(run, turn, second_first[turn - 1], error);
    run->series->interrupted = was_interrupted(run);
    free(second_first);
    return code;
}

static void describe(struct slice_series *series, const struct load_plan *plan,
                     const struct slicing *slicing)
{
    slice_series_init(series);
    for (int side = 0; side < SLICE_SIDES; side++)
        series->urls[side] = memory_copy_string(plan->targets[side].url);
    series->mode = plan->open ? LOAD_OPEN : LOAD_CLOSED;
    series->threads = plan->threads;
    series->seed = plan->seed;
    series->slice_s = (double)slicing->slice_ns / NS_PER_S;
    series->guard_s = (double)slicing_guard_ns(slicing) / NS_PER_S;
}

int slices_check(const struct load_plan *plan, struct error *error)
{
    if (plan->target_count != SLICE_SIDES)
        return error_set(error, -EINVAL, "slices take two servers, got %zu",
                         plan->target_count);
    return slicing_check(&plan->workload, error);
}

int slices_run(const struct load_plan *plan, const struct slicing *slicing, int events,
               struct slice_series *series, struct error *error)
{
    struct slices_run run = {.slicing = slicing, .events = events, .series = series};
    describe(series, plan, slicing);
    for (int side = 0; side < SLICE_SIDES; side++)
        run.plans[side] = plan_of(plan, side, slicing);
    int code = open_sessions(&run, error);
    if (code == 0)
        code = measure_all(&run, error);
    for (int side = 0; side < SLICE_SIDES; side++)
        if (run.sessions[side])
            session_close(run.sessions[side]);
    if (code == 0)
        events_tell(events, "done");
    else
        slice_series_release(series);
    return code;
}
