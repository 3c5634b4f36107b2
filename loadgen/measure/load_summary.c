/* load_summary.c - see load_summary.h. */
#include "loadgen/measure/load_summary.h"

#include <math.h>

#include "base/quantity.h"
#include "base/table.h"
#include "base/text.h"
#include "loadgen/measure/expect.h"

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
        const char *one, *many;
    } kinds[] = {
        {workload->idle, "idle connection", "idle connections"},
        {workload->slow_readers.count, "slow reader", "slow readers"},
        {workload->slow_senders.count, "slow sender", "slow senders"},
    };
    const char *before = ", beside ";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!kinds[i].count)
            continue;
        fprintf(file, "%s%llu %s", before, (unsigned long long)kinds[i].count,
                text_plural((double)kinds[i].count, kinds[i].one, kinds[i].many));
        before = ", ";
    }
}

static void announce_load(const struct load_plan *plan, FILE *file)
{
    const struct workload *workload = &plan->workload;
    uint64_t connections = workload_connections(workload);
    char text[QUANTITY_TEXT_BYTES];
    if (plan->open)
        fprintf(file, "open loop, %s%s requests/s over up to",
                workload_is_steady(workload) ? "" : "on average ",
                count_text(workload_mean_rate(workload), text));
    else
        fprintf(file, "closed loop,%s",
                workload_phases_are_clients(workload) ? " up to" : "");
    fprintf(file, " %llu %s", (unsigned long long)connections,
            text_plural((double)connections, "connection", "connections"));
    uint64_t limit = workload_requests_per_connection(workload);
    if (limit)
        fprintf(file, " (%llu %s each)", (unsigned long long)limit,
                text_plural((double)limit, "request", "requests"));
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
    fprintf(file, ", %u %s, ", plan->threads,
            text_plural(plan->threads, "thread", "threads"));
    if (workload->request_limit)
        fprintf(file, "%s %s or ", count_text((double)workload->request_limit, limit),
                text_plural((double)workload->request_limit, "request", "requests"));
    fprintf(file, "%s after %s of warm-up\n",
            time_text((double)workload->duration_ns, duration),
            time_text((double)workload->warmup_ns, warmup));
}

/* ---- the latency table ------------------------------------------------------------- */

/* Figures that depend on requests without a reply are lower bounds, ">=". Where no reply
 * came there is nothing to tell. */
static void add_times(struct table *table, const struct distribution *latency)
{
    const struct {
        const char *key;
        double ns;
    } times[] = {
        {"mean", latency->mean_ns}, {"p50", latency->p50_ns},   {"p90", latency->p90_ns},
        {"p99", latency->p99_ns},   {"p999", latency->p999_ns}, {"max", latency->max_ns},
    };
    char text[QUANTITY_TEXT_BYTES];
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (isnan(times[i].ns) || !distribution_whole(latency))
            table_add_cell(table, NULL);
        else
            table_add_cellf(table, "%s%s",
                            distribution_is_at_least(latency, times[i].key) ? ">= " : "",
                            time_text(times[i].ns, text));
}

static void add_latency_row(struct table *table, const char *name,
                            const struct counts *counts,
                            const struct distribution *latency)
{
    table_start_row(table);
    table_add_cell(table, name);
    table_add_cellf(table, "%llu", (unsigned long long)counts->ended[OUTCOME_OK]);
    table_add_cellf(table, "%llu", (unsigned long long)counts_errors(counts));
    add_times(table, latency);
}

/* Of times that are no latencies: neither ok nor errors. */
static void add_other_row(struct table *table, const char *name,
                          const struct distribution *times)
{
    if (!times || !times->count)
        return;
    table_start_row(table);
    table_add_cell(table, name);
    table_add_cell(table, NULL);
    table_add_cell(table, NULL);
    add_times(table, times);
}

static void print_latencies(const struct load_result *result, FILE *file)
{
    struct table *table = table_create();
    table_add_column(table,
                     result->mode == LOAD_OPEN ? "latency (open loop)"
                                               : "latency (closed loop)",
                     TABLE_LEFT);
    static const char *const headers[] = {"ok",  "errors", "mean",  "p50",
                                          "p90", "p99",    "p99.9", "max"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        table_add_column(table, headers[i], TABLE_RIGHT);
    for (size_t i = 0; i < result->class_count; i++) {
        const struct class_result *class = &result->classes[i];
        add_latency_row(table, *class->name ? class->name : "all", &class->counts,
                        &class->latency);
    }
    if (result->class_count > 1)
        add_latency_row(table, "all", &result->counts, &result->latency);
    add_other_row(table, "(to the first byte)", result->first_byte);
    add_other_row(table, "(to connect)", result->connect);
    table_print(table, TABLE_TERMINAL, file);
    table_free(table);
}

/* ---- the rest ---------------------------------------------------------------------- */

static bool is_redirection(size_t place)
{
    return status_names[place][0] == '3';
}

static void print_statuses(const struct traffic_result *traffic, FILE *file)
{
    const char *before = "status ";
    bool redirected = false;
    for (size_t i = 0; i < STATUSES; i++) {
        if (!traffic->statuses[i])
            continue;
        fprintf(file, "%s%s: %llu", before, status_names[i],
                (unsigned long long)traffic->statuses[i]);
        redirected = redirected || is_redirection(i);
        before = ", ";
    }
    if (redirected)
        fprintf(file, " (3xx count as ok, and are not followed)");
    if (*before == ',')
        fprintf(file, "\n");
}

static const char *size_text(double bytes, char *buffer)
{
    return quantity_format(QUANTITY_SIZE, bytes, buffer, QUANTITY_TEXT_BYTES);
}

static void print_traffic(const struct load_result *result, FILE *file)
{
    const struct traffic_result *traffic = result->traffic;
    char all[2][QUANTITY_TEXT_BYTES], rate[2][QUANTITY_TEXT_BYTES];
    if (!traffic)
        return;
    print_statuses(traffic, file);
    fprintf(file, "%s received (%s/s), %s sent (%s/s)\n",
            size_text((double)traffic->received_bytes, all[0]),
            size_text(traffic->received_per_s, rate[0]),
            size_text((double)traffic->sent_bytes, all[1]),
            size_text(traffic->sent_per_s, rate[1]));
}

static void print_closed_idle(const struct load_result *result, FILE *file)
{
    double closed = result->whole_run.closed_idle, resent = result->whole_run.resent;
    if (closed > 0)
        fprintf(file,
                "%.0f idle %s closed by the server; %.0f %s on the way there, and sent "
                "again\n",
                closed, text_plural(closed, "connection was", "connections were"), resent,
                text_plural(resent, "request was", "requests were"));
}

static void print_targets(const struct load_result *result, FILE *file)
{
    for (size_t i = 0; result->target_count > 1 && i < result->target_count; i++) {
        const struct target_result *target = &result->targets[i];
        fprintf(file, "%s: %llu sent, %llu %s, %llu failed in the whole run\n",
                target->url, (unsigned long long)target->sent,
                (unsigned long long)target->replies,
                text_plural((double)target->replies, "reply", "replies"),
                (unsigned long long)target->failed);
    }
}

/* Least and most: of connections that are served alike the median tells enough. */
static void print_clients(const struct load_result *result, FILE *file)
{
    const struct clients_result *clients = result->clients;
    if (clients && clients->connections > 1 && clients->most > 0)
        fprintf(file, "%.0f connections had %.0f to %.0f %s each, %g in the middle\n",
                clients->connections, clients->least, clients->most,
                text_plural(clients->most, "reply", "replies"), clients->median);
}

static void print_background(const struct load_result *result, FILE *file)
{
    for (size_t i = 0; i < result->background_count; i++) {
        const struct background_result *kind = &result->background[i];
        fprintf(file,
                "%s: %llu %s, %llu opened, %llu closed by the server, %llu failed; %llu "
                "%s, %llu %s\n",
                kind->name, (unsigned long long)kind->count,
                text_plural((double)kind->count, "connection", "connections"),
                (unsigned long long)kind->opened, (unsigned long long)kind->closed,
                (unsigned long long)kind->failed, (unsigned long long)kind->replies,
                text_plural((double)kind->replies, "reply", "replies"),
                (unsigned long long)kind->bytes,
                text_plural((double)kind->bytes, "byte", "bytes"));
    }
}

static void print_failures(const struct load_result *result, FILE *file)
{
    for (int i = 0; i < FAILURES; i++)
        if (result->failures[i])
            fprintf(file, "%llu x %s: %s\n", (unsigned long long)result->failures[i],
                    failure_kinds[i].name, failure_kinds[i].cause);
}

static void print_generator(const struct load_result *result, FILE *file)
{
    const struct generator_result *generator = &result->generator;
    char text[QUANTITY_TEXT_BYTES];
    if (generator->lag && generator->lag->count)
        fprintf(
            file,
            "sends were late by %s at p99 (our own lag); %.0f waited for a "
            "free connection\n",
            time_text((double)histogram_quantile(generator->lag->histogram, 0.99), text),
            result->waited_for_connection);
    if (!isnan(generator->cpu_us_per_request))
        fprintf(file, "the generator used %.2f cores, %.2f us per request\n",
                generator->cpu_s / result->duration_s, generator->cpu_us_per_request);
    if (generator->ceiling_rps > 0)
        fprintf(file, "that is %.1f %% of the %s/s that it can do here\n",
                100 * generator->load_fraction, count_text(generator->ceiling_rps, text));
    else
        fprintf(file, "what it can do here is not known: interleave load --calibrate\n");
}

void summary_print_warnings(const struct load_result *result, FILE *file)
{
    for (size_t i = 0; i < result->warning_count; i++)
        fprintf(file, "%s (%s): %s\n",
                result->warnings[i].invalidates ? "INVALID" : "note",
                result->warnings[i].word, result->warnings[i].message);
}

/*
 * Whether what came back in the window of an open loop falls short of what was due in it
 * by more than a twentieth, and by more than the number of arrivals scatters (three
 * standard deviations of a Poisson count). This is so whether the rest waited for a
 * connection, in the server, or failed.
 */
static bool is_not_carried(const struct load_result *result)
{
    double due = result->scheduled_rps * result->duration_s;
    double missing = due - result->throughput_rps * result->duration_s;
    return result->mode == LOAD_OPEN && missing > due / 20 && missing > 3 * sqrt(due);
}

void summary_print(const struct load_result *result, FILE *file)
{
    const struct counts *counts = &result->counts;
    char rate[QUANTITY_TEXT_BYTES];
    fprintf(file, "\n%s%s requests/s",
            is_not_carried(result) ? "the load was not carried: " : "",
            count_text(result->throughput_rps, rate));
    if (result->mode == LOAD_OPEN)
        fprintf(file, " of %s/s that were due", count_text(result->scheduled_rps, rate));
    fprintf(file, "; %llu scheduled, %llu sent, %llu in flight at the end\n\n",
            (unsigned long long)counts->scheduled, (unsigned long long)counts->sent,
            (unsigned long long)counts->ended[OUTCOME_IN_FLIGHT]);
    print_latencies(result, file);
    fprintf(file, "\n");
    print_generator(result, file);
    print_traffic(result, file);
    print_closed_idle(result, file);
    print_clients(result, file);
    print_targets(result, file);
    print_background(result, file);
    print_failures(result, file);
    expectations_print(result, file);
    summary_print_warnings(result, file);
}
