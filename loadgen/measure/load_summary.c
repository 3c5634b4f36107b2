/* load_summary.c - see load_summary.h. */
#include "loadgen/measure/load_summary.h"

#include "base/clock.h"
#include "base/quantity.h"
#include "base/table.h"

static const char *time_text(double ns, char *buffer)
{
    return quantity_format(QUANTITY_TIME, ns, buffer, QUANTITY_TEXT_BYTES);
}

static const char *count_text(double count, char *buffer)
{
    return quantity_format(QUANTITY_COUNT, count, buffer, QUANTITY_TEXT_BYTES);
}

static void announce_background(const struct workload *workload, FILE *file)
{
    const struct {
        uint64_t count;
        const char *name;
    } kinds[] = {
        {workload->idle, "idle connections"},
        {workload->slow_readers.count, "slow readers"},
        {workload->slow_senders.count, "slow senders"},
    };
    const char *before = ", beside ";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!kinds[i].count)
            continue;
        fprintf(file, "%s%llu %s", before, (unsigned long long)kinds[i].count,
                kinds[i].name);
        before = ", ";
    }
}

static void announce_load(const struct load_plan *plan, FILE *file)
{
    const struct workload *workload = &plan->workload;
    char text[QUANTITY_TEXT_BYTES];
    if (plan->open)
        fprintf(file, "open loop, %s%s requests/s over up to %llu connections",
                workload_is_steady(workload) ? "" : "on average ",
                count_text(workload_mean_rate(workload), text),
                (unsigned long long)workload_connections(workload));
    else
        fprintf(file, "closed loop, %s%llu connections",
                workload_phases_are_clients(workload) ? "up to " : "",
                (unsigned long long)workload_connections(workload));
    uint64_t limit = workload_requests_per_connection(workload);
    if (limit)
        fprintf(file, " (%llu request%s each)", (unsigned long long)limit,
                limit == 1 ? "" : "s");
    if (workload->pipeline > 1)
        fprintf(file, ", %llu requests in each pipeline",
                (unsigned long long)workload->pipeline);
    if (workload->think_ns)
        fprintf(file, ", thinking %s", time_text((double)workload->think_ns, text));
}

void summary_announce(const struct load_plan *plan, FILE *file)
{
    const struct workload *workload = &plan->workload;
    char warmup[QUANTITY_TEXT_BYTES], duration[QUANTITY_TEXT_BYTES],
        limit[QUANTITY_TEXT_BYTES];
    for (size_t i = 0; i < plan->target_count; i++)
        fprintf(file, "%s%s", i ? ", " : "", plan->targets[i].url);
    fprintf(file, ": ");
    announce_load(plan, file);
    announce_background(workload, file);
    fprintf(file, ", %u thread%s, ", plan->threads, plan->threads == 1 ? "" : "s");
    if (workload->request_limit)
        fprintf(file, "%s requests or ",
                count_text((double)workload->request_limit, limit));
    fprintf(file, "%s after %s of warm-up\n",
            time_text((double)workload->duration_ns, duration),
            time_text((double)workload->warmup_ns, warmup));
}

/* ---- the latency table --------------------------------------------------------------
 */

static const double columns[] = {0.5, 0.9, 0.99, 0.999};

static void add_latency_row(struct table *table, const char *name,
                            const struct counts *counts, const struct histogram *latency)
{
    char text[QUANTITY_TEXT_BYTES];
    table_start_row(table);
    table_add_cell(table, name);
    table_add_cellf(table, "%llu", (unsigned long long)counts->ended[OUTCOME_OK]);
    table_add_cellf(table, "%llu", (unsigned long long)result_errors(counts));
    table_add_cell(table,
                   latency->count ? time_text(histogram_mean(latency), text) : NULL);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        table_add_cell(
            table, latency->count >= histogram_samples_needed(columns[i])
                       ? time_text((double)histogram_quantile(latency, columns[i]), text)
                       : NULL);
    table_add_cell(table,
                   latency->count ? time_text((double)latency->max_ns, text) : NULL);
}

static void print_latencies(const struct result *result, FILE *file)
{
    struct table *table = table_create();
    table_add_column(table,
                     result->plan->open ? "latency (open loop)" : "latency (closed loop)",
                     TABLE_LEFT);
    static const char *const headers[] = {"ok",  "errors", "mean",  "p50",
                                          "p90", "p99",    "p99.9", "max"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        table_add_column(table, headers[i], TABLE_RIGHT);
    size_t classes = result->recorder.class_count;
    for (size_t i = 0; i <= classes; i++) {
        if (i == classes && classes == 1)
            break;
        struct counts counts =
            i < classes ? result->recorder.classes[i].counts : result_counts(result);
        const char *name = i < classes ? result->plan->class_names[i] : "all";
        struct histogram latency;
        result_latency(result, i, &latency);
        add_latency_row(table, *name ? name : "all", &counts, &latency);
        histogram_release(&latency);
    }
    table_print(table, TABLE_TERMINAL, file);
    table_free(table);
}

/* ---- the rest -----------------------------------------------------------------------
 */

static void print_targets(const struct result *result, FILE *file)
{
    if (result->plan->target_count < 2)
        return;
    for (size_t i = 0; i < result->plan->target_count; i++) {
        const struct target_totals *totals = &result->target_totals[i];
        fprintf(file, "%s: %llu sent, %llu replies, %llu failed in the whole run\n",
                result->plan->targets[i].url, (unsigned long long)totals->sent,
                (unsigned long long)totals->replies, (unsigned long long)totals->failed);
    }
}

static void print_background(const struct result *result, FILE *file)
{
    for (int i = 0; i < BACKGROUND_KINDS; i++) {
        const struct background_totals *totals = &result->background[i];
        if (totals->count)
            fprintf(
                file,
                "%s: %llu connections, %llu opened, %llu closed by the server, %llu "
                "failed; %llu replies, %llu bytes\n",
                background_names[i], (unsigned long long)totals->count,
                (unsigned long long)totals->opened, (unsigned long long)totals->closed,
                (unsigned long long)totals->failed, (unsigned long long)totals->replies,
                (unsigned long long)totals->bytes);
    }
}

static void print_failures(const struct result *result, FILE *file)
{
    for (int i = 0; i < FAILURES; i++)
        if (result->recorder.failures[i])
            fprintf(file, "%llu x %s: %s\n",
                    (unsigned long long)result->recorder.failures[i],
                    failure_kinds[i].name, failure_kinds[i].cause);
}

void summary_print(const struct result *result, FILE *file)
{
    struct counts counts = result_counts(result);
    const struct recorder *recorder = &result->recorder;
    double window_s = (double)result->window_ns / NS_PER_S;
    char rate[QUANTITY_TEXT_BYTES], lag[QUANTITY_TEXT_BYTES];
    fprintf(file, "\n%s requests/s", count_text(result_throughput(result), rate));
    if (result->plan->open)
        fprintf(file, " of %s/s that were due",
                count_text((double)counts.scheduled / window_s, rate));
    fprintf(file, "; %llu scheduled, %llu sent, %llu in flight at the end\n\n",
            (unsigned long long)counts.scheduled, (unsigned long long)counts.sent,
            (unsigned long long)counts.ended[OUTCOME_IN_FLIGHT]);
    print_latencies(result, file);
    fprintf(file, "\n");
    if (recorder->own_lag.count)
        fprintf(file,
                "sends were late by %s at p99 (our own lag); %llu waited for a "
                "free connection\n",
                time_text((double)histogram_quantile(&recorder->own_lag, 0.99), lag),
                (unsigned long long)recorder->waited);
    if (recorder->completed)
        fprintf(file, "the generator used %.2f cores, %.2f us per request\n",
                (double)result->totals.cpu_ns / (double)result->window_ns,
                (double)result_busy_ns(&result->totals) / NS_PER_US /
                    (double)recorder->completed);
    if (result->ceiling_rps > 0)
        fprintf(file, "that is %.1f %% of the %s/s that it can do here\n",
                100 * result_throughput(result) / result->ceiling_rps,
                count_text(result->ceiling_rps, rate));
    else
        fprintf(file, "what it can do here is not known: interleave load --calibrate\n");
    print_targets(result, file);
    print_background(result, file);
    print_failures(result, file);
    expectations_print(result, file);
    for (size_t i = 0; i < result->warning_count; i++)
        fprintf(file, "%s (%s): %s\n",
                result->warnings[i].invalidates ? "INVALID" : "note",
                result->warnings[i].code, result->warnings[i].message);
}
