/* capacity.c - see capacity.h. */
#include "loadgen/search/capacity.h"

#include <errno.h>
#include <math.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/table.h"
#include "base/text.h"
#include "loadgen/engine/session.h"
#include "loadgen/measure/watch.h"
#include "loadgen/search/capacity_verdict.h"

#define LEAST_REQUESTS 32
#define SHOW_NS        (50 * NS_PER_MS)
#define KEPT_AFTER     0.5 /* of a step's length */
#define RESOLUTION     1.05
#define CONFIRMATIONS  2
#define RETREATS       6
#define LOWEST_RPS     0.1
#define DRAIN_NS       (10 * NS_PER_S)

/* ---- one step ---------------------------------------------------------------------- */

struct step_watch {
    struct watcher watcher;
    double share;     /* of requests that may be bad */
    uint64_t next;    /* tested when so many requests have ended */
    bool full_length; /* a confirmation: only a miss ends it early */
    uint64_t good;    /* when the counters were last shown */
};

static bool decide_early(void *context, const struct live_view *view)
{
    struct step_watch *watch = context;
    watch->good = view->judged - view->over;
    if (view->judged < watch->next)
        return false;
    watch->next = 2 * view->judged;
    int side = capacity_decide(view->judged, view->over, watch->share, CAPACITY_LEVEL);
    double part =
        (double)(view->now_ns - view->begin_ns) / (double)(view->end_ns - view->begin_ns);
    return side > 0 || (side < 0 && !watch->full_length && part >= KEPT_AFTER);
}

/* The state of a search. */
struct bracket_search {
    struct load_plan *plan;
    const struct expectation *objective;
    struct capacity *capacity;
    uint64_t deadline_ns;
    FILE *progress;
    struct error *error;
    double low, high; /* highest rate that was kept, lowest that was missed; 0: none */
    int limit;        /* enum capacity_verdict at `high` */
    bool refused;     /* the last step: capacity_is_refused */
};

static void print_step(const struct bracket_search *search,
                       const struct capacity_step *step)
{
    char rate[QUANTITY_TEXT_BYTES], value[QUANTITY_TEXT_BYTES] = "-";
    if (!search->progress)
        return;
    if (!isnan(step->value_ns))
        quantity_format(QUANTITY_TIME, step->value_ns, value, sizeof value);
    fprintf(search->progress, "%s/s: %s (%s, %llu of %llu beyond it)\n",
            quantity_format(QUANTITY_COUNT, step->rate_rps, rate, sizeof rate),
            capacity_verdict_words[step->verdict], value, (unsigned long long)step->bad,
            (unsigned long long)step->requests);
}

/* Whether another step fits into the list and into the time. */
static bool may_continue(const struct bracket_search *search)
{
    return search->capacity->step_count < CAPACITY_MAX_STEPS &&
           clock_now_ns() < search->deadline_ns;
}

/* Runs at the rate; the verdict is in *step. 0, -errno, or -EINTR. */
static int run_step(struct bracket_search *search, double rate_rps, bool confirmation,
                    struct capacity_step *step)
{
    struct load_plan *plan = search->plan;
    const struct expectation *objective = search->objective;
    struct step_watch watch = {
        .watcher = {.period_ns = SHOW_NS,
                    .limit_ns = (uint64_t)objective->limit,
                    .show = decide_early,
                    .context = &watch},
        .share = 1 - objective->fraction,
        .next = LEAST_REQUESTS,
        .full_length = confirmation,
    };
    struct load_result result;
    plan->workload.rate_rps = rate_rps;
    plan->seed++;
    plan->watcher = &watch.watcher;
    int code = session_run(plan, -1, &result, search->error);
    plan->watcher = NULL;
    if (code < 0)
        return code;
    *step = capacity_judge(&result, watch.good, objective);
    step->rate_rps = rate_rps;
    step->confirmation = confirmation;
    search->refused = capacity_is_refused(&result);
    bool interrupted = result.interrupted;
    load_result_release(&result);
    if (interrupted)
        return error_set(search->error, -EINTR, "interrupted");
    struct capacity *capacity = search->capacity;
    struct capacity_step *walked =
        record_append(&capacity->steps, &capacity->step_count, sizeof *walked);
    *walked = *step;
    print_step(search, step);
    return 0;
}

/*
 * Tries a rate, once more where the generator was at fault, and narrows the bracket. 1
 * kept, 0 missed or, in a confirmation, not shown to be kept; or -errno.
 */
static int try_rate(struct bracket_search *search, double rate_rps, bool confirmation)
{
    struct capacity_step step;
    int code = run_step(search, rate_rps, confirmation, &step);
    if (code == 0 && step.verdict == CAPACITY_GENERATOR && may_continue(search))
        code = run_step(search, rate_rps, confirmation, &step);
    if (code < 0)
        return code;
    if (step.verdict == CAPACITY_KEPT && (step.decided || !confirmation)) {
        search->low = rate_rps;
        return 1;
    }
    if (confirmation && step.verdict == CAPACITY_KEPT)
        return 0;
    search->high = rate_rps;
    search->limit = step.verdict;
    if (search->low >= search->high)
        search->low = 0;
    return 0;
}

/* ---- the search -------------------------------------------------------------------- */

/* Exponential search, then bisection in ratios, until the bracket is narrow enough. */
static int narrow(struct bracket_search *search, double rate_rps)
{
    int code = 0;
    while (code >= 0 && may_continue(search)) {
        code = try_rate(search, rate_rps, false);
        if (search->refused)
            break;
        if (search->high <= 0)
            rate_rps = 2 * search->low;
        else if (search->low <= 0)
            rate_rps = search->high / 4;
        else if (search->high <= RESOLUTION * search->low)
            break;
        else
            rate_rps = sqrt(search->low * search->high);
        if (rate_rps < LOWEST_RPS)
            break;
    }
    return code;
}

/*
 * 1 confirmed, 0 not confirmed (or no time left), or -errno. A confirmation lasts as long
 * as it takes to have twice the requests that can decide.
 */
static int confirm(struct bracket_search *search)
{
    uint64_t *duration_ns = &search->plan->workload.duration_ns;
    double needed =
        2 * capacity_requests_to_decide(search->objective) / search->low * NS_PER_S;
    if (needed > (double)*duration_ns) {
        if (needed > (double)search->deadline_ns - (double)clock_now_ns())
            return 0;
        *duration_ns = (uint64_t)needed;
    }
    for (int retreat = 0; retreat < RETREATS; retreat++) {
        double rate_rps = search->low;
        int kept = 1;
        for (int i = 0; i < CONFIRMATIONS && kept > 0; i++) {
            if (!may_continue(search))
                return 0;
            kept = try_rate(search, rate_rps, true);
        }
        if (kept != 0)
            return kept;
        search->low = rate_rps / RESOLUTION;
    }
    return 0;
}

int capacity_check_objective(const struct expectation *objective, struct error *error)
{
    bool upper =
        objective->relation == LIMIT_LESS || objective->relation == LIMIT_AT_MOST;
    if (objective->measure == MEASURE_QUANTILE && upper && !objective->class_name)
        return 0;
    return error_set(error, -EINVAL,
                     "expected an upper limit for a percentile of all requests, such as "
                     "p99<50ms, got \"%s\"",
                     objective->text);
}

int capacity_search(struct load_plan *plan, const struct expectation *objective,
                    uint64_t limit_ns, FILE *progress, struct capacity *capacity,
                    struct error *error)
{
    *capacity = (struct capacity){
        .schema_version = 1,
        .target = memory_copy_string(plan->targets[0].url),
        .objective = memory_copy_string(objective->text),
        .rps = (double)NAN,
        .missed_rps = (double)NAN,
        .steps = memory_allocate_zeroed(1, sizeof *capacity->steps),
    };
    const uint64_t seed = plan->seed, drain_ns = plan->drain_ns;
    const uint64_t duration_ns = plan->workload.duration_ns;
    const double rate_rps = plan->workload.rate_rps;
    /* Outstanding requests of one step must not be load of the next one. */
    if (plan->drain_ns < DRAIN_NS)
        plan->drain_ns = DRAIN_NS;
    struct bracket_search search = {
        .plan = plan,
        .objective = objective,
        .capacity = capacity,
        .deadline_ns = clock_now_ns() + limit_ns,
        .progress = progress,
        .error = error,
    };
    int code = narrow(&search, plan->workload.rate_rps);
    if (code >= 0 && search.low > 0)
        code = confirm(&search);
    plan->seed = seed;
    plan->drain_ns = drain_ns;
    plan->workload.duration_ns = duration_ns;
    plan->workload.rate_rps = rate_rps;
    if (code < 0 && code != -EINTR) {
        record_release(&capacity_type, capacity);
        return code;
    }
    if (search.low > 0)
        capacity->rps = search.low;
    if (search.high > 0 && search.limit == CAPACITY_MISSED)
        capacity->missed_rps = search.high;
    capacity->outcome =
        (int)(code == -EINTR ? CAPACITY_INTERRUPTED
                             : capacity_conclude(search.low, search.limit, code > 0));
    return 0;
}

/* ---- printing ---------------------------------------------------------------------- */

static const char *const outcome_ends[] = {
    [CAPACITY_FOUND] = "the server is the limit",
    [CAPACITY_NONE] = "it holds at no rate that was tried",
    [CAPACITY_GENERATOR_LIMIT] = "the generator is the limit, not the server (give it a "
                                 "core of its own: --cpus)",
    [CAPACITY_CONNECTION_LIMIT] = "all connections are busy, and would be answered in "
                                  "time (raise --connections)",
    [CAPACITY_TIME_UP] = "there was no time to confirm it",
    [CAPACITY_INTERRUPTED] = "stopped",
};

/* "p99<50ms: kept at 25.6k requests/s, missed at 26.4k: the server is the limit". */
static void print_outcome(const struct capacity *capacity, FILE *file)
{
    char rate[QUANTITY_TEXT_BYTES];
    fprintf(file, "%s: ", capacity->objective);
    if (!isnan(capacity->rps))
        fprintf(file, "kept at %s requests/s",
                quantity_format(QUANTITY_COUNT, capacity->rps, rate, sizeof rate));
    if (!isnan(capacity->missed_rps))
        fprintf(file, "%smissed at %s", isnan(capacity->rps) ? "" : ", ",
                quantity_format(QUANTITY_COUNT, capacity->missed_rps, rate, sizeof rate));
    bool any = !isnan(capacity->rps) || !isnan(capacity->missed_rps);
    fprintf(file, "%s%s\n", any ? ": " : "", outcome_ends[capacity->outcome]);
}

void capacity_print(const struct capacity *capacity, FILE *file)
{
    struct table *table = table_create();
    static const char *const headers[] = {"requests/s", "measured", "requests", "value",
                                          "beyond it"};
    char text[QUANTITY_TEXT_BYTES];
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        table_add_column(table, headers[i], TABLE_RIGHT);
    table_add_column(table, "verdict", TABLE_LEFT);
    for (size_t i = 0; i < capacity->step_count; i++) {
        const struct capacity_step *step = &capacity->steps[i];
        table_start_row(table);
        table_add_cell(
            table, quantity_format(QUANTITY_COUNT, step->rate_rps, text, sizeof text));
        table_add_cellf(table, "%.1f s", step->seconds);
        table_add_cellf(table, "%llu", (unsigned long long)step->requests);
        table_add_cell(table, isnan(step->value_ns)
                                  ? NULL
                                  : quantity_format(QUANTITY_TIME, step->value_ns, text,
                                                    sizeof text));
        table_add_cellf(table, "%.2f %%",
                        100 * (double)step->bad / fmax(1, (double)step->requests));
        table_add_cellf(table, "%s%s%s", capacity_verdict_words[step->verdict],
                        step->decided ? "" : ", too few to be sure",
                        step->confirmation ? " (confirmation)" : "");
    }
    table_print(table, TABLE_TERMINAL, file);
    table_free(table);
    fprintf(file, "\n");
    print_outcome(capacity, file);
}
