/* totals.c - see totals.h. */
#include "loadgen/measure/totals.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/sequence.h"
#include "base/text.h"
#include "loadgen/measure/expect.h"
#include "loadgen/measure/self_check.h"
#include "loadgen/measure/steadiness.h"

const char *const background_names[BACKGROUND_KINDS] = {
    [BACKGROUND_IDLE] = "idle",
    [BACKGROUND_SLOW_READERS] = "slow_readers",
    [BACKGROUND_SLOW_SENDERS] = "slow_senders",
};

/* ---- adding up --------------------------------------------------------------------- */

void totals_init(struct session_totals *totals, const struct load_plan *plan,
                 uint64_t window_ns)
{
    *totals = (struct session_totals){.plan = plan, .window_ns = window_ns};
    recorder_init(&totals->recorder, plan->class_count, plan->interval_ns, window_ns);
    totals->targets = memory_allocate_zeroed(plan->target_count, sizeof *totals->targets);
}

void totals_release(struct session_totals *totals)
{
    recorder_release(&totals->recorder);
    for (size_t i = 0; i < totals->pace_count; i++)
        pace_release(&totals->paces[i]);
    free(totals->paces);
    free(totals->targets);
    fairness_release(&totals->fairness);
}

/*
 * CPU time without busy-polling before arrivals. That is timed by the clock, and lasts
 * longer than it uses the CPU where another process takes that meanwhile.
 */
static uint64_t busy_ns(const struct engine_totals *totals)
{
    uint64_t spin_ns = totals->spin_ns;
    return spin_ns < totals->cpu_ns ? totals->cpu_ns - spin_ns : 0;
}

void totals_add_engine(struct session_totals *totals, const struct engine_totals *engine)
{
    struct engine_totals *into = &totals->engines;
    into->connections += engine->connections;
    into->reconnects += engine->reconnects;
    into->closed_idle += engine->closed_idle;
    into->resent += engine->resent;
    into->waits += engine->waits;
    into->cpu_ns += engine->cpu_ns;
    into->run_delay_s += engine->run_delay_s;
    into->spin_ns += engine->spin_ns;
    if (engine->late_ns > into->late_ns)
        into->late_ns = engine->late_ns;
    double cores = (double)busy_ns(engine) / (double)totals->window_ns;
    if (totals->window_ns && cores > totals->busiest_thread_cores)
        totals->busiest_thread_cores = cores;
}

/* All threads have the same arrival processes, each a part of their arrivals. */
void totals_add_paces(struct session_totals *totals, const struct pace *paces,
                      size_t count)
{
    if (!totals->paces) {
        totals->pace_count = count;
        totals->paces = memory_allocate_zeroed(count, sizeof *totals->paces);
        for (size_t i = 0; i < count; i++)
            pace_init(&totals->paces[i], paces[i].arrivals, paces[i].mean_ns);
    }
    for (size_t i = 0; i < count; i++)
        pairs_merge(&totals->paces[i].gaps, &paces[i].gaps);
}

void totals_add_targets(struct session_totals *totals,
                        const struct target_result *targets)
{
    for (size_t i = 0; i < totals->plan->target_count; i++) {
        totals->targets[i].sent += targets[i].sent;
        totals->targets[i].replies += targets[i].replies;
        totals->targets[i].failed += targets[i].failed;
    }
}

void totals_add_background(struct session_totals *totals,
                           const struct background_result *background)
{
    for (int i = 0; i < BACKGROUND_KINDS; i++) {
        struct background_result *into = &totals->background[i];
        into->count += background[i].count;
        into->opened += background[i].opened;
        into->closed += background[i].closed;
        into->replies += background[i].replies;
        into->failed += background[i].failed;
        into->bytes += background[i].bytes;
    }
}

/* ---- settings ---------------------------------------------------------------------- */

static double seconds(uint64_t ns)
{
    return (double)ns / NS_PER_S;
}

/* A limit; 0 means that there is none, and becomes NaN. */
static double limit_or_null(uint64_t limit)
{
    return limit ? (double)limit : (double)NAN;
}

static char *time_text(uint64_t ns)
{
    char text[QUANTITY_TEXT_BYTES];
    return memory_copy_string(quantity_exact(QUANTITY_TIME, ns, text, sizeof text));
}

static void set_phases(struct load_result *result, const struct workload *workload)
{
    for (size_t i = 0; i < workload->phase_count; i++) {
        const struct load_phase *phase = &workload->phases[i];
        bool clients = phase->of_clients;
        bool periodic = phase->shape == PHASE_BURST || phase->shape == PHASE_SINE;
        struct phase_setting *setting =
            record_append(&result->phases, &result->phase_count, sizeof *setting);
        *setting = (struct phase_setting){
            .duration = time_text(phase->duration_ns),
            .shape = phase->shape,
            .rate_rps = clients ? (double)NAN : phase->level,
            .connections = clients ? phase->level : (double)NAN,
            .to = phase->shape == PHASE_STEP ? (double)NAN : phase->to,
            .period = periodic ? time_text(phase->period_ns) : NULL,
            .burst = phase->shape == PHASE_BURST ? time_text(phase->burst_ns) : NULL,
        };
    }
}

static void set_trace(struct load_result *result, const struct workload *workload)
{
    if (!workload->trace.count)
        return;
    result->trace = memory_allocate(sizeof *result->trace);
    *result->trace = (struct trace_setting){
        .file = memory_copy_string(workload->trace.path), .speed = workload->trace.speed};
}

static int arrivals_of(const struct workload *workload)
{
    if (workload->trace.count)
        return LOAD_ARRIVALS_TRACE;
    const struct request *first = &workload->requests[0];
    return request_is_mixed(first) ? workload->arrivals : first->arrivals;
}

static void set_settings(struct load_result *result, const struct load_plan *plan)
{
    const struct workload *workload = &plan->workload;
    result->target = memory_copy_string(plan->targets[0].url);
    result->mode = plan->open ? LOAD_OPEN : LOAD_CLOSED;
    if (plan->open) {
        result->arrivals = arrivals_of(workload);
        result->offered_rps = workload_mean_rate(workload);
    } else {
        result->think_s = seconds(workload->think_ns);
        result->think_times = workload->think_times;
    }
    set_phases(result, workload);
    set_trace(result, workload);
    result->connections = workload_connections(workload);
    result->all_connections = workload_all_connections(workload);
    result->threads = plan->threads;
    uint64_t limit = workload_requests_per_connection(workload);
    result->keep_alive = limit != 1;
    result->requests_per_connection = limit_or_null(limit);
    result->pipeline = (double)workload->pipeline;
    result->request_limit = limit_or_null(workload->request_limit);
    result->seed = (double)plan->seed;
    result->warmup_s = seconds(workload->warmup_ns);
    result->drain_s = seconds(plan->drain_ns);
    result->interval_s = seconds(plan->interval_ns);
}

/* ---- requests ---------------------------------------------------------------------- */

static struct distribution *copy_of(const struct histogram *histogram, bool full)
{
    struct distribution *distribution = memory_allocate(sizeof *distribution);
    distribution_init(distribution, full);
    distribution_merge(distribution, histogram);
    distribution_summarise(distribution);
    return distribution;
}

/* Adds up the classes. Requests that were sent when they were due are in one histogram,
 * `on_time`, which counts for latency and service time alike. */
static void set_requests(struct load_result *result, const struct session_totals *totals)
{
    const struct recorder *recorder = &totals->recorder;
    bool full = totals->plan->full;
    distribution_init(&result->latency, full);
    distribution_init(&result->service, full);
    struct distribution *first_byte = memory_allocate(sizeof *first_byte);
    distribution_init(first_byte, full);
    result->first_byte = first_byte;
    result->connect = copy_of(&recorder->connects, full);
    distribution_merge(&result->service, &recorder->service);
    distribution_merge(first_byte, &recorder->first_byte);
    for (size_t i = 0; i < recorder->class_count; i++) {
        const struct class_record *class = &recorder->classes[i];
        struct class_result *item =
            record_append(&result->classes, &result->class_count, sizeof *item);
        item->name = memory_copy_string(totals->plan->class_names[i]);
        item->counts = class->counts;
        distribution_init(&item->latency, full);
        distribution_merge(&item->latency, &class->on_time);
        distribution_merge(&item->latency, &class->late);
        distribution_merge(&result->latency, item->latency.histogram);
        distribution_merge_ages(&item->latency, &class->ages);
        distribution_merge_ages(&result->latency, &class->ages);
        distribution_summarise(&item->latency);
        counts_add(&result->counts, &class->counts);
        distribution_merge(&result->service, &class->on_time);
        distribution_merge(first_byte, &class->on_time);
    }
    distribution_merge_ages(&result->service, &recorder->service_ages);
    distribution_merge_ages(first_byte, &recorder->first_byte_ages);
    distribution_summarise(first_byte);
    distribution_summarise(&result->latency);
    distribution_summarise(&result->service);
    for (int i = 0; i < FAILURES; i++)
        result->failures[i] = recorder->failures[i];
    if (result->latency.censored > 0)
        result->censored = (struct censored){(uint64_t)result->latency.censored,
                                             result->latency.least_age_ns};
    if (!totals->plan->open)
        return;
    uint64_t due_ns =
        totals->plan->workload.request_limit ? recorder->due_span_ns : totals->window_ns;
    if (due_ns)
        result->scheduled_rps = (double)result->counts.scheduled / seconds(due_ns);
    result->schedule_lag = copy_of(&recorder->schedule_lag, full);
    result->waited_for_connection = (double)recorder->waited;
}

static void set_traffic(struct load_result *result, const struct session_totals *totals)
{
    const struct recorder *recorder = &totals->recorder;
    double window_s = seconds(totals->window_ns);
    struct traffic_result *traffic = memory_allocate(sizeof *traffic);
    *traffic = (struct traffic_result){
        .received_bytes = recorder->received_bytes,
        .sent_bytes = recorder->sent_bytes,
        .received_per_s = (double)recorder->received_bytes / window_s,
        .sent_per_s = (double)recorder->sent_bytes / window_s,
    };
    for (size_t i = 0; i < STATUSES; i++)
        traffic->statuses[i] = recorder->statuses[i];
    result->traffic = traffic;
}

static double interval_quantile(const struct series_interval *interval, double fraction)
{
    return interval->ok >= histogram_samples_needed(fraction)
               ? (double)series_interval_quantile(interval, fraction)
               : (double)NAN;
}

static void set_series(struct load_result *result, const struct recorder *recorder)
{
    for (size_t i = 0; i < recorder->interval_count; i++) {
        const struct series_interval *interval = &recorder->intervals[i];
        struct interval_result *item =
            record_append(&result->series, &result->series_count, sizeof *item);
        *item = (struct interval_result){
            .t_s = seconds(i * recorder->interval_ns),
            .ok = interval->ok,
            .errors = interval->errors,
            .in_flight = interval->in_flight,
            .p50_ns = interval_quantile(interval, 0.5),
            .p99_ns = interval_quantile(interval, 0.99),
            .max_ns = interval->ok ? (double)interval->max_ns : (double)NAN,
        };
    }
}

static void set_servers(struct load_result *result, const struct session_totals *totals)
{
    for (size_t i = 0; i < totals->plan->target_count; i++) {
        struct target_result *item =
            record_append(&result->targets, &result->target_count, sizeof *item);
        *item = totals->targets[i];
        item->url = memory_copy_string(totals->plan->targets[i].url);
        item->weight = totals->plan->targets[i].weight;
        result->whole_run.sent += item->sent;
        result->whole_run.replies += item->replies;
    }
    result->whole_run.connections = totals->engines.connections;
    result->whole_run.reconnects = (double)totals->engines.reconnects;
    result->whole_run.closed_idle = (double)totals->engines.closed_idle;
    result->whole_run.resent = (double)totals->engines.resent;
    result->accounted = memory_allocate(sizeof *result->accounted);
    *result->accounted = totals->accounted;
    result->accounted->replies = (double)totals->recorder.accounted;
    result->clients = fairness_judge(&totals->fairness, &totals->recorder);
    for (int i = 0; i < BACKGROUND_KINDS; i++) {
        if (!totals->background[i].count)
            continue;
        struct background_result *item =
            record_append(&result->background, &result->background_count, sizeof *item);
        *item = totals->background[i];
        item->name = memory_copy_string(background_names[i]);
    }
}

/* ---- the generator itself ---------------------------------------------------------- */

static void set_generator(struct load_result *result, const struct session_totals *totals)
{
    struct generator_result *generator = &result->generator;
    const struct recorder *recorder = &totals->recorder;
    generator->cpu_s = seconds(totals->engines.cpu_ns);
    generator->spin_s = seconds(totals->engines.spin_ns);
    generator->run_delay_s = totals->engines.run_delay_s;
    uint64_t replies = recorder->completed + recorder->refused;
    /* Where polling lasted longer than all its CPU time, nothing is known of the rest. */
    if (replies && totals->engines.spin_ns < totals->engines.cpu_ns)
        generator->cpu_us_per_request =
            (double)busy_ns(&totals->engines) / (double)NS_PER_US / (double)replies;
    generator->busiest_thread_cores = totals->busiest_thread_cores;
    generator->longest_stall_ns = (double)totals->engines.late_ns;
    generator->parsed_replies = totals->parsed_replies;
    if (totals->plan->open)
        generator->lag = copy_of(&recorder->own_lag, totals->plan->full);
}

static struct steady_result *steadiness_of(const struct session_totals *totals)
{
    if (totals->plan->transient)
        return NULL;
    struct steady_state steadiness =
        steadiness_judge(&totals->recorder, totals->window_ns, totals->plan->open);
    if (!steadiness.judged)
        return NULL;
    struct steady_result *steady = memory_allocate(sizeof *steady);
    *steady = (struct steady_result){
        .steady = !steadiness.settles_late && !steadiness.drifts,
        .series = totals->plan->open ? STEADY_P50 : STEADY_OK,
        .bins = steadiness.bins,
        .bin_s = steadiness.bin_s,
        .cut_bins = steadiness.cut,
        .cut_share = steadiness.cut_share,
        .trend_z = steadiness.trend_z,
        .trend_share = steadiness.trend_share,
    };
    return steady;
}

/* Fewer pairs than this have no correlation to speak of. */
#define LEAST_PAIRS 50

static void set_checks(struct load_result *result, const struct session_totals *totals)
{
    const struct pairs *successive = &totals->recorder.successive;
    struct checks_result *checks = memory_allocate(sizeof *checks);
    *checks = (struct checks_result){
        .gaps = memory_allocate_zeroed(totals->pace_count + 1, sizeof *checks->gaps),
        .gaps_count = totals->pace_count,
        .steady = steadiness_of(totals),
        .latency_lag1_rank =
            successive->count >= LEAST_PAIRS
                ? sequence_rank_correlation(successive->first, successive->second,
                                            successive->count)
                : (double)NAN,
    };
    for (size_t i = 0; i < totals->pace_count; i++) {
        const struct pace *pace = &totals->paces[i];
        struct pace_report report = pace_judge(pace);
        checks->gaps[i] = (struct gaps_result){
            .arrivals = pace->arrivals,
            .mean_ns = pace->mean_ns,
            .kept = pace->gaps.count,
            .anderson_darling = report.anderson_darling,
            .p_value = report.p_value,
            .lag1 = report.lag1,
            .deviation_p99_ns = report.deviation_p99_ns,
        };
    }
    result->checks = checks;
}

void totals_result(const struct session_totals *totals, struct load_result *result)
{
    load_result_init(result);
    set_settings(result, totals->plan);
    result->duration_s = seconds(totals->window_ns);
    result->interrupted = totals->interrupted;
    if (totals->window_ns)
        result->throughput_rps =
            (double)totals->recorder.completed / seconds(totals->window_ns);
    set_requests(result, totals);
    set_traffic(result, totals);
    set_series(result, &totals->recorder);
    set_servers(result, totals);
    set_generator(result, totals);
    set_checks(result, totals);
    for (size_t i = 0; i < totals->plan->expectation_count; i++)
        expectation_judge(&totals->plan->expectations[i], result);
    self_check(totals, result);
}
