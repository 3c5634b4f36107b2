/* self_check.c - see self_check.h. */
#include "loadgen/measure/self_check.h"

#include "base/clock.h"
#include "base/cpus.h"
#include "base/quantity.h"
#include "loadgen/measure/steadiness.h"

/*
 * The limits of METHOD 1. A lag below LAG_LEAST_NS is what sleeping and sending cost
 * on a quiet machine, and is never held against the run.
 */
#define SATURATED_CORES   0.9
#define LAG_LEAST_NS      (100 * NS_PER_US)
#define LAG_MOST_NS       NS_PER_MS
#define LAG_MOST_SHARE    0.05
#define RATE_LEAST_SHARE  0.99
#define ERRORS_MOST       0.001
#define STALL_MOST_NS     (100 * NS_PER_MS)
#define CENSORED_MOST     0.001
#define SHARED_MOST_CORES 0.05

static void check_saturation(struct result *result)
{
    if (result->highest_thread_cores >= SATURATED_CORES)
        result_warn(result, "generator_saturated", true,
                    "a generator thread used %.0f %% of its core: the generator was the "
                    "limit; give it more --threads and cores, or fewer connections",
                    100 * result->highest_thread_cores);
}

static void check_lag(struct result *result)
{
    const struct histogram *lag = &result->recorder.own_lag;
    if (lag->count < histogram_samples_needed(0.99))
        return;
    struct histogram latency;
    result_latency(result, result->recorder.class_count, &latency);
    uint64_t lag_ns = histogram_quantile(lag, 0.99);
    uint64_t latency_ns = histogram_quantile(&latency, 0.5);
    histogram_release(&latency);
    bool small =
        lag_ns <= LAG_LEAST_NS || (double)lag_ns <= LAG_MOST_SHARE * (double)latency_ns;
    if (lag_ns <= LAG_MOST_NS && small)
        return;
    char lag_text[QUANTITY_TEXT_BYTES], latency_text[QUANTITY_TEXT_BYTES];
    result_warn(
        result, "schedule_lag", true,
        "requests left late: the p99 lag of the generator was %s at a p50 latency "
        "of %s; give it a core of its own (--cpus, --spin) or lower the rate",
        quantity_format(QUANTITY_TIME, (double)lag_ns, lag_text, sizeof lag_text),
        quantity_format(QUANTITY_TIME, (double)latency_ns, latency_text,
                        sizeof latency_text));
}

static void check_rate(struct result *result)
{
    struct counts counts = result_counts(result);
    if (!result->plan->open || !counts.scheduled)
        return;
    double share = (double)result->recorder.sent_in_time / (double)counts.scheduled;
    if (share >= RATE_LEAST_SHARE)
        return;
    double seconds = (double)result->window_ns / NS_PER_S;
    result_warn(
        result, "rate_missed", true,
        "%.0f requests per second were due, %.0f were sent in time: all %llu "
        "connections were busy; raise --connections, or the server cannot do more",
        (double)counts.scheduled / seconds,
        (double)result->recorder.sent_in_time / seconds,
        (unsigned long long)workload_connections(&result->plan->workload));
}

static void check_errors(struct result *result)
{
    struct counts counts = result_counts(result);
    uint64_t errors = result_errors(&counts);
    if (!errors || (double)errors <= ERRORS_MOST * (double)counts.scheduled)
        return;
    int most = 0;
    for (int i = 1; i < FAILURES; i++)
        if (result->recorder.failures[i] > result->recorder.failures[most])
            most = i;
    result_warn(result, "errors", true, "%llu of %llu requests failed, mostly %s: %s",
                (unsigned long long)errors, (unsigned long long)counts.scheduled,
                failure_kinds[most].name, failure_kinds[most].cause);
}

static void check_dropped(struct result *result)
{
    struct counts counts = result_counts(result);
    if (counts.ended[OUTCOME_DROPPED])
        result_warn(result, "dropped", true,
                    "%llu of %llu requests were never sent, because no connection became "
                    "free for them; raise --connections or lower the rate",
                    (unsigned long long)counts.ended[OUTCOME_DROPPED],
                    (unsigned long long)counts.scheduled);
}

static void check_ports(struct result *result)
{
    uint64_t count = result->recorder.failures[FAILURE_NO_PORTS];
    if (count)
        result_warn(
            result, "ports_exhausted", true,
            "%llu requests found no free port on this machine, which says nothing "
            "about the server; keep connections alive or lower the rate",
            (unsigned long long)count);
}

static void check_stalls(struct result *result)
{
    char stall[QUANTITY_TEXT_BYTES];
    if (result->totals.late_ns >= STALL_MOST_NS)
        result_warn(result, "generator_stalled", true,
                    "the generator itself stood still for %s, so that latencies of that "
                    "time are not the server's; leave it a core of its own",
                    quantity_format(QUANTITY_TIME, (double)result->totals.late_ns, stall,
                                    sizeof stall));
}

/* What was sent: METHOD 1, Anderson-Darling and correlation of the gaps. */
static void check_gaps(struct result *result)
{
    char deviation[QUANTITY_TEXT_BYTES], mean[QUANTITY_TEXT_BYTES];
    static const char remedy[] =
        "give the generator a core of its own (--cpus, --spin) or lower the rate";
    for (size_t i = 0; i < result->pace_count; i++) {
        const struct pace *pace = &result->paces[i];
        struct pace_report report = pace_judge(pace);
        if (report.not_exponential)
            result_warn(result, "gaps_not_exponential", true,
                        "the gaps between %zu sends are not those of Poisson arrivals "
                        "(Anderson-Darling %.3g, p = %.1g): %s",
                        pace->gaps.count, report.anderson_darling, report.p_value,
                        remedy);
        if (report.correlated)
            result_warn(result, "gaps_correlated", true,
                        "gaps between sends depend on the gap before (correlation %.2f "
                        "of %zu pairs), which Poisson arrivals do not: %s",
                        report.lag1, pace->gaps.count, remedy);
        if (report.uneven)
            result_warn(
                result, "gaps_uneven", true,
                "the gaps between constant arrivals, %s on average, were off by %s at "
                "p99: %s",
                quantity_format(QUANTITY_TIME, pace->mean_ns, mean, sizeof mean),
                quantity_format(QUANTITY_TIME, report.deviation_p99_ns, deviation,
                                sizeof deviation),
                remedy);
    }
}

/* What was seen: METHOD 2.4. */
static void check_steadiness(struct result *result)
{
    if (result->plan->transient)
        return;
    struct steadiness steadiness =
        steadiness_judge(&result->recorder, result->window_ns, result->plan->open);
    const char *what = result->plan->open ? "the median latency" : "the throughput";
    if (steadiness.settles_late)
        result_warn(result, "unsteady", true,
                    "%s of the first %.3g s is not that of the rest and moves the mean "
                    "by %.1f %%: take a longer --warmup",
                    what, (double)steadiness.cut * steadiness.bin_s,
                    100 * steadiness.cut_share);
    if (steadiness.drifts)
        result_warn(result, "unsteady", true,
                    "%s changed by %.1f %% from the beginning to the end of the window "
                    "(Mann-Kendall Z = %.1f): the load is more than the server can keep "
                    "up with, or the machine is not at rest",
                    what, 100 * steadiness.trend_share, steadiness.trend_z);
}

static void check_censored(struct result *result)
{
    struct counts counts = result_counts(result);
    char age[QUANTITY_TEXT_BYTES];
    const struct recorder *recorder = &result->recorder;
    if ((double)recorder->censored > CENSORED_MOST * (double)counts.scheduled)
        result_warn(result, "censored", false,
                    "%llu of %llu requests had no reply when the run ended and entered "
                    "the latencies with their age (%s and more): high percentiles are "
                    "lower bounds; a longer --drain shows them",
                    (unsigned long long)recorder->censored,
                    (unsigned long long)counts.scheduled,
                    quantity_format(QUANTITY_TIME, (double)recorder->censored_least_ns,
                                    age, sizeof age));
}

static void check_shared_cpus(struct result *result)
{
    const char *list = result->plan->server_cpus;
    cpu_set_t server, own, both;
    if (!list || cpus_parse(list, &server, NULL) < 0)
        return;
    cpus_allowed(&own);
    CPU_AND(&both, &server, &own);
    double cores = (double)result->totals.cpu_ns / (double)result->window_ns;
    if (CPU_COUNT(&both) && cores > SHARED_MOST_CORES)
        result_warn(
            result, "shared_cpu", true,
            "the generator used %.0f %% of a core on the CPUs of the server; give "
            "each its own (--cpus), or lower the rate",
            100 * cores);
}

static void check_nothing(struct result *result)
{
    if (result->recorder.completed == 0)
        result_warn(result, "no_replies", true,
                    "no good reply came within the measured window; take a longer "
                    "--duration, or see the errors");
}

static void check_interrupted(struct result *result)
{
    if (result->interrupted)
        result_warn(result, "interrupted", false,
                    "the run was stopped after %.3g s of the %.3g s that were asked for",
                    (double)result->window_ns / NS_PER_S,
                    (double)result->plan->workload.duration_ns / NS_PER_S);
}

void selfcheck(struct result *result)
{
    static void (*const checks[])(struct result *) = {
        check_interrupted, check_nothing,     check_saturation, check_lag,
        check_rate,        check_errors,      check_dropped,    check_ports,
        check_stalls,      check_shared_cpus, check_censored,   check_gaps,
        check_steadiness,
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        checks[i](result);
}
