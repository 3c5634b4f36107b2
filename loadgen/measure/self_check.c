/* self_check.c - see self_check.h. */
#include "loadgen/measure/self_check.h"

#include "base/clock.h"
#include "base/cpus.h"
#include "base/quantity.h"
#include "base/text.h"
#include "loadgen/measure/steadiness.h"

/*
 * The limits. A lag below LAG_LEAST_NS is what sleeping and sending cost on a quiet
 * machine, and never makes a warning.
 */
#define SATURATED_CORES  0.9
#define LAG_LEAST_NS     (100 * NS_PER_US)
#define LAG_MAX_NS       NS_PER_MS
#define LAG_MAX_SHARE    0.05
#define RATE_LEAST_SHARE 0.99
#define MAX_ERRORS       0.001
#define STALL_MAX_NS     (100 * NS_PER_MS)
#define MAX_CENSORED     0.001
#define SHARED_MAX_CORES 0.05

/* What the checks read, and the result that their warnings go to. */
struct self_check {
    const struct session_totals *totals;
    struct load_result *result;
};

static void check_saturation(const struct self_check *check)
{
    double cores = check->totals->busiest_thread_cores;
    if (cores >= SATURATED_CORES)
        load_result_warn(
            check->result, FLAG_GENERATOR_SATURATED,

            "a generator thread used %.0f %% of its core: the generator was the "
            "limit; give it more --threads and cores, or fewer connections",
            100 * cores);
}

static void check_lag(const struct self_check *check)
{
    const struct histogram *lag = &check->totals->recorder.own_lag;
    if (lag->count < histogram_samples_needed(0.99))
        return;
    uint64_t lag_ns = histogram_quantile(lag, 0.99);
    uint64_t latency_ns = histogram_quantile(check->result->latency.histogram, 0.5);
    bool small =
        lag_ns <= LAG_LEAST_NS || (double)lag_ns <= LAG_MAX_SHARE * (double)latency_ns;
    if (lag_ns <= LAG_MAX_NS && small)
        return;
    char lag_text[QUANTITY_TEXT_BYTES], latency_text[QUANTITY_TEXT_BYTES];
    load_result_warn(
        check->result, FLAG_SCHEDULE_LAG,

        "requests left late: the p99 lag of the generator was %s at a p50 latency "
        "of %s; give it a core of its own (--cpus, --spin) or lower the rate",
        quantity_format(QUANTITY_TIME, (double)lag_ns, lag_text, sizeof lag_text),
        quantity_format(QUANTITY_TIME, (double)latency_ns, latency_text,
                        sizeof latency_text));
}

static const char *requests_text(uint64_t count)
{
    return text_plural((double)count, "request", "requests");
}

/*
 * Requests per second that were sent in time. Where their number is limited the window
 * lasts until all of them have ended, and all are sent in it: then it is the rate at
 * which they were sent that tells.
 */
static double sent_in_time_rps(const struct self_check *check)
{
    const struct recorder *recorder = &check->totals->recorder;
    double scheduled_rps = check->result->scheduled_rps;
    if (!check->totals->plan->workload.request_limit)
        return (double)recorder->sent_in_time / check->result->duration_s;
    double due_ns = (double)recorder->due_span_ns;
    double sent_ns = (double)recorder->sent_span_ns - LAG_MAX_NS;
    return sent_ns > due_ns ? scheduled_rps * due_ns / sent_ns : scheduled_rps;
}

static void check_rate(const struct self_check *check)
{
    const struct load_result *result = check->result;
    if (result->mode != LOAD_OPEN || !(result->scheduled_rps > 0))
        return;
    double in_time_rps = sent_in_time_rps(check);
    if (in_time_rps / result->scheduled_rps >= RATE_LEAST_SHARE)
        return;
    load_result_warn(
        check->result, FLAG_RATE_MISSED,

        "%.0f requests per second were due, %.0f were sent in time: all %llu "
        "%s busy; raise --connections, or the server cannot do more",
        result->scheduled_rps, in_time_rps, (unsigned long long)result->connections,
        text_plural((double)result->connections, "connection was", "connections were"));
}

static void check_errors(const struct self_check *check)
{
    const struct load_result *result = check->result;
    uint64_t errors = counts_errors(&result->counts);
    if (!errors || (double)errors <= MAX_ERRORS * (double)result->counts.scheduled)
        return;
    int most = 0;
    for (int i = 1; i < FAILURES; i++)
        if (result->failures[i] > result->failures[most])
            most = i;
    load_result_warn(check->result, FLAG_ERRORS, "%llu of %llu %s failed, mostly %s: %s",
                     (unsigned long long)errors,
                     (unsigned long long)result->counts.scheduled,
                     requests_text(result->counts.scheduled), failure_kinds[most].name,
                     failure_kinds[most].cause);
}

static void check_dropped(const struct self_check *check)
{
    const struct counts *counts = &check->result->counts;
    if (counts->ended[OUTCOME_DROPPED])
        load_result_warn(
            check->result, FLAG_DROPPED,

            "%llu of %llu %s never sent, because no connection became free; raise "
            "--connections or lower the rate",
            (unsigned long long)counts->ended[OUTCOME_DROPPED],
            (unsigned long long)counts->scheduled,
            text_plural((double)counts->scheduled, "request was", "requests were"));
}

static void check_throttling(const struct self_check *check)
{
    double throttled_s = check->totals->throttled_s;
    if (throttled_s > 0)
        load_result_warn(
            check->result, FLAG_THROTTLED,

            "the cgroup's CPU quota held the run back for %.3g s of %.3g s; raise the "
            "quota",
            throttled_s, check->result->duration_s);
}

static void check_starved(const struct self_check *check)
{
    const struct clients_result *clients = check->result->clients;
    if (clients && clients->starved > 0)
        load_result_warn(
            check->result, FLAG_STARVED_CONNECTIONS,

            "%.0f of %.0f connections got no reply, the others up to %.0f each: "
            "throughput and latencies are those of the served ones",
            clients->starved, clients->connections, clients->most);
}

static void check_ports(const struct self_check *check)
{
    uint64_t count = check->result->failures[FAILURE_NO_PORTS];
    if (count)
        load_result_warn(
            check->result, FLAG_PORTS_EXHAUSTED,

            "%llu %s found no free port on this machine, which says nothing about the "
            "server; keep connections alive or lower the rate",
            (unsigned long long)count, requests_text(count));
}

static void check_stalls(const struct self_check *check)
{
    char stall[QUANTITY_TEXT_BYTES];
    uint64_t late_ns = check->totals->engines.late_ns;
    if (late_ns >= STALL_MAX_NS)
        load_result_warn(
            check->result, FLAG_GENERATOR_STALLED,

            "the generator itself stood still for %s, so that latencies of that "
            "time are not the server's; leave it a core of its own",
            quantity_format(QUANTITY_TIME, (double)late_ns, stall, sizeof stall));
}

/* The arrivals: Anderson-Darling test and correlation of the gaps between sends. */
static void check_gaps(const struct self_check *check)
{
    char deviation[QUANTITY_TEXT_BYTES], mean[QUANTITY_TEXT_BYTES];
    static const char remedy[] =
        "give the generator a core of its own (--cpus, --spin) or lower the rate";
    for (size_t i = 0; i < check->totals->pace_count; i++) {
        const struct pace *pace = &check->totals->paces[i];
        struct pace_report report = pace_judge(pace);
        if (report.not_exponential)
            load_result_warn(
                check->result, FLAG_GAPS_NOT_EXPONENTIAL,

                "the gaps between %zu sends are not those of Poisson arrivals "
                "(Anderson-Darling %.3g, p = %.1g): %s",
                pace->gaps.count, report.anderson_darling, report.p_value, remedy);
        if (report.correlated)
            load_result_warn(
                check->result, FLAG_GAPS_CORRELATED,

                "gaps between sends depend on the gap before (correlation %.2f "
                "of %zu pairs), which Poisson arrivals do not: %s",
                report.lag1, pace->gaps.count, remedy);
        if (report.uneven)
            load_result_warn(
                check->result, FLAG_GAPS_UNEVEN,

                "the gaps between constant arrivals, %s on average, were off by %s "
                "at p99: %s",
                quantity_format(QUANTITY_TIME, pace->mean_ns, mean, sizeof mean),
                quantity_format(QUANTITY_TIME, report.deviation_p99_ns, deviation,
                                sizeof deviation),
                remedy);
    }
}

/* Steady state of the replies: MSER, Mann-Kendall and Theil-Sen. */
static void check_steadiness(const struct self_check *check)
{
    const struct load_plan *plan = check->totals->plan;
    if (plan->transient)
        return;
    struct steady_state steadiness =
        steadiness_judge(&check->totals->recorder, check->totals->window_ns, plan->open);
    const char *what = plan->open ? "the median latency" : "the throughput";
    if (steadiness.settles_late)
        load_result_warn(
            check->result, FLAG_UNSTEADY,

            "%s of the first %.3g s is not that of the rest and moves the mean "
            "by %.1f %%: take a longer --warmup",
            what, (double)steadiness.cut * steadiness.bin_s, 100 * steadiness.cut_share);
    if (steadiness.drifts)
        load_result_warn(
            check->result, FLAG_UNSTEADY,

            "%s changed by %.1f %% from the beginning to the end of the window "
            "(Mann-Kendall Z = %.1f): the load is more than the server can keep "
            "up with, or the machine is not at rest",
            what, 100 * steadiness.trend_share, steadiness.trend_z);
}

static void check_censored(const struct self_check *check)
{
    const struct load_result *result = check->result;
    char age[QUANTITY_TEXT_BYTES];
    if ((double)result->censored.count > MAX_CENSORED * (double)result->counts.scheduled)
        load_result_warn(
            check->result, FLAG_CENSORED,

            "%llu of %llu %s had no reply and entered the latencies with their age "
            "(%s and more): the mean, the greatest and high percentiles are "
            "lower bounds; a longer --drain or --timeout shows them",
            (unsigned long long)result->censored.count,
            (unsigned long long)result->counts.scheduled,
            requests_text(result->counts.scheduled),
            quantity_format(QUANTITY_TIME, result->censored.least_age_ns, age,
                            sizeof age));
}

static void check_shared_cpus(const struct self_check *check)
{
    const char *list = check->totals->plan->server_cpus;
    cpu_set_t server, own, both;
    if (!list || cpus_parse(list, &server, NULL) < 0)
        return;
    cpus_allowed(&own);
    CPU_AND(&both, &server, &own);
    double cores =
        (double)check->totals->engines.cpu_ns / (double)check->totals->window_ns;
    if (CPU_COUNT(&both) && cores > SHARED_MAX_CORES)
        load_result_warn(
            check->result, FLAG_SHARED_CPU,

            "the generator used %.0f %% of a core on the CPUs of the server; give "
            "each its own (--cpus), or lower the rate",
            100 * cores);
}

static void check_nothing(const struct self_check *check)
{
    if (check->totals->recorder.completed == 0)
        load_result_warn(check->result, FLAG_NO_REPLIES,
                         "no good reply came within the measured window; take a longer "
                         "--duration, or see the errors");
}

static void check_interrupted(const struct self_check *check)
{
    if (check->result->interrupted)
        load_result_warn(
            check->result, FLAG_INTERRUPTED,

            "the run was stopped after %.3g s of the %.3g s that were asked for",
            check->result->duration_s,
            (double)check->totals->plan->workload.duration_ns / NS_PER_S);
}

void self_check(const struct session_totals *totals, struct load_result *result)
{
    static void (*const checks[])(const struct self_check *) = {
        check_interrupted, check_nothing,    check_saturation, check_lag,
        check_rate,        check_errors,     check_dropped,    check_ports,
        check_starved,     check_throttling, check_stalls,     check_shared_cpus,
        check_censored,    check_gaps,       check_steadiness,
    };
    const struct self_check check = {totals, result};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        checks[i](&check);
}
