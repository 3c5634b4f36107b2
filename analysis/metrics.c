/* metrics.c - see metrics.h. */
#include "analysis/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Memory per connection means nothing below this many: it is noise. */
#define CONNECTIONS_TO_TELL 100

/*
 * Readers: `needs` in the table says which parts of the trial are there. Those of figures
 * that classes do not have take no notice of the class.
 */
#define READER(function, expression)                                                     \
    static double function(const struct trial_record *trial,                             \
                           const struct class_result *class)                             \
    {                                                                                    \
        (void)class;                                                                     \
        return expression;                                                               \
    }

/* ---- the load's side -------------------------------------------------------------- */

static const struct counts *counts_of(const struct trial_record *trial,
                                      const struct class_result *class)
{
    return class ? &class->counts : &trial->load->counts;
}

static const struct distribution *latency_of(const struct trial_record *trial,
                                             const struct class_result *class)
{
    return class ? &class->latency : &trial->load->latency;
}

/* A class has its share of the good replies. */
static double read_throughput(const struct trial_record *trial,
                              const struct class_result *class)
{
    double all = (double)trial->load->counts.ended[OUTCOME_OK];
    if (!class)
        return trial->load->throughput_rps;
    return all > 0 ? trial->load->throughput_rps *
                         (double)class->counts.ended[OUTCOME_OK] / all
                   : (double)NAN;
}

/* A bracket has sense only where both were full. */
READER(read_capacity_at_most, trial_has_flag(trial, FLAG_BOTH_FULL)
                                  ? trial->load->throughput_rps / trial_server_load(trial)
                                  : (double)NAN)
READER(read_capacity_kept, trial->capacity->rps)
READER(read_capacity_missed, trial->capacity->missed_rps)
READER(read_offered, trial->load->scheduled_rps)
READER(read_latency_mean, latency_of(trial, class)->mean_ns)
READER(read_latency_p50, latency_of(trial, class)->p50_ns)
READER(read_latency_p75, latency_of(trial, class)->p75_ns)
READER(read_latency_p90, latency_of(trial, class)->p90_ns)
READER(read_latency_p95, latency_of(trial, class)->p95_ns)
READER(read_latency_p99, latency_of(trial, class)->p99_ns)
READER(read_latency_p999, latency_of(trial, class)->p999_ns)
READER(read_latency_p9999, latency_of(trial, class)->p9999_ns)
READER(read_latency_max, latency_of(trial, class)->max_ns)
READER(read_service_p50, trial->load->service.p50_ns)
READER(read_service_p99, trial->load->service.p99_ns)

/* Everything that was due and did not end well. */
static double read_errors(const struct trial_record *trial,
                          const struct class_result *class)
{
    const struct counts *counts = counts_of(trial, class);
    return (double)(counts_errors(counts) + counts->ended[OUTCOME_DROPPED]);
}

/* Of what came to an end: requests still in flight are neither good nor bad. */
static double read_error_share(const struct trial_record *trial,
                               const struct class_result *class)
{
    double errors = read_errors(trial, class);
    double ended = errors + (double)counts_of(trial, class)->ended[OUTCOME_OK];
    return ended > 0 ? errors / ended : (double)NAN;
}

/* How replies fell on the connections that carried requests. */
#define CLIENTS_READER(function, member)                                                 \
    READER(function, trial->load->clients ? trial->load->clients->member : (double)NAN)
CLIENTS_READER(read_starved, starved)
CLIENTS_READER(read_replies_least, least)
CLIENTS_READER(read_replies_median, median)
CLIENTS_READER(read_replies_most, most)

/* ---- the server's side ------------------------------------------------------------ */

/*
 * An account of `elapsed_s` for each reply of any kind. Account and replies come from the
 * same interval, whose ends are ends of requests (struct accounted); that the account is
 * read a moment later at either end is made up for by taking both per second.
 */
static double per_request(double account, double elapsed_s,
                          const struct trial_record *trial)
{
    const struct accounted *accounted = trial->load->accounted;
    if (!accounted || !(accounted->replies > 0))
        return NAN;
    double rate = accounted->replies / (accounted->to_s - accounted->from_s);
    return account / elapsed_s / rate;
}

/*
 * Little's law on the server's side of the wire: replies per second times the mean
 * time that a reply took from the actual send.
 */
READER(read_in_flight, trial->load->throughput_rps * trial->load->service.mean_ns / 1e9)

READER(read_cores, trial->server.window->cpu_s / trial->server.window->cpu_elapsed_s)
READER(read_cpu_per_request, per_request(trial->server.window->cpu_s,
                                         trial->server.window->cpu_elapsed_s, trial) *
                                 1e9)

static double read_system_share(const struct trial_record *trial,
                                const struct class_result *class)
{
    (void)class;
    double user = trial->server.window->user_s, system = trial->server.window->system_s;
    return user + system > 0 ? system / (user + system) : (double)NAN;
}

/*
 * Where each request has a connection of its own, threads may end with it and take
 * their counts along; the server's whole life then stands for the window.
 */
static double switches_per_request(const struct trial_record *trial, bool voluntary)
{
    const struct server_window *window = trial->server.window;
    const struct server_lifetime *lifetime = trial->server.lifetime;
    double replies = (double)trial->load->whole_run.replies;
    if (trial->load->keep_alive != 0)
        return !window ? (double)NAN
                       : per_request(voluntary ? window->voluntary_switches
                                               : window->involuntary_switches,
                                     window->switches_elapsed_s, trial);
    if (!lifetime || !(replies > 0))
        return NAN;
    return (voluntary ? lifetime->voluntary_switches : lifetime->involuntary_switches) /
           replies;
}

READER(read_voluntary, switches_per_request(trial, true))
READER(read_involuntary, switches_per_request(trial, false))

/* What the server says of its loops between the marks of the window. */
READER(read_loop_utilisation, trial->server.statistics->loop->utilisation)
READER(read_loop_lag_p50, trial->server.statistics->loop->lag->p50_ns)
READER(read_loop_lag_p99, trial->server.statistics->loop->lag->p99_ns)
READER(read_loop_lag_max, trial->server.statistics->loop->lag->max_ns)

READER(read_threads, trial->server.window->threads)
READER(read_threads_peak, trial->server.window->threads_peak)
READER(read_processes, trial->server.window->processes)
READER(read_restarts, trial->server.statistics->restarts)

/* Shared pages count once where the kernel can tell (PSS). */
static double read_memory(const struct trial_record *trial,
                          const struct class_result *class)
{
    (void)class;
    const struct server_window *window = trial->server.window;
    return isnan(window->pss_bytes) ? window->rss_bytes : window->pss_bytes;
}

READER(read_kernel_stacks, trial->server.window->kernel_stack_bytes)
READER(read_page_tables, trial->server.window->page_table_bytes)
READER(read_memory_total, read_memory(trial, NULL) + read_kernel_stacks(trial, NULL) +
                              read_page_tables(trial, NULL))
READER(read_memory_peak, trial->server.window->rss_peak_bytes)

/*
 * What the server itself allocated since it was idle, and the kernel's stacks and page
 * tables that came with it. Pages of the program do not count: how many of them are
 * resident, and shared with whom, says nothing of connections.
 */
static double read_memory_per_connection(const struct trial_record *trial,
                                         const struct class_result *class)
{
    (void)class;
    const struct server_window *window = trial->server.window;
    double connections = (double)trial->load->all_connections;
    /* In an open loop the connections in use vary, so nothing is divided by them. */
    if (trial->load->mode != LOAD_CLOSED || connections < CONNECTIONS_TO_TELL)
        return NAN;
    double grown = window->anon_bytes - window->idle_anon_bytes +
                   window->kernel_stack_bytes - window->idle_kernel_stack_bytes +
                   window->page_table_bytes - window->idle_page_table_bytes;
    return grown / connections;
}

READER(read_generator_cores, trial->generator->cpu_s / trial->generator->elapsed_s)
/* By its own clock and counts, both of the window; without its polling for arrivals. */
READER(read_generator_cpu_per_request, trial->load->generator.cpu_us_per_request * 1e3)

/* ---- the table -------------------------------------------------------------------- */

#define METRIC(id, ...) [METRIC_##id] = {__VA_ARGS__},
const struct metric metrics[METRIC_COUNT] = {
#include "analysis/metrics.def"
};
#undef METRIC

static unsigned parts_of(const struct trial_record *trial)
{
    const struct server_statistics *statistics = trial->server.statistics;
    const struct loop_statistics *loop = statistics ? statistics->loop : NULL;
    return (trial->load ? PART_LOAD : 0U) | (trial->server.window ? PART_WINDOW : 0U) |
           (trial->generator ? PART_GENERATOR : 0U) |
           (statistics ? PART_STATISTICS : 0U) | (loop ? PART_LOOP : 0U) |
           (loop && loop->lag ? PART_LOOP_LAG : 0U) |
           (trial->capacity ? PART_CAPACITY : 0U);
}

double metric_read(enum metric_id metric, const struct trial_record *trial,
                   const char *class_name)
{
    const struct metric *row = &metrics[metric];
    if (row->needs & ~parts_of(trial) || (class_name && !row->of_classes))
        return NAN;
    if (!class_name)
        return row->read(trial, NULL);
    const struct class_result *class = load_result_class(trial->load, class_name);
    return class ? row->read(trial, class) : (double)NAN;
}

const struct distribution *metric_distribution(enum metric_id metric,
                                               const struct trial_record *trial,
                                               const char *class_name)
{
    if (!metrics[metric].latency_key || !trial->load)
        return NULL;
    const struct class_result *class =
        class_name ? load_result_class(trial->load, class_name) : NULL;
    if (class)
        return &class->latency;
    return metrics[metric].of_service ? &trial->load->service : &trial->load->latency;
}

bool metric_is_at_least(enum metric_id metric, const struct trial_record *trial,
                        const char *class_name)
{
    const struct metric *row = &metrics[metric];
    if (row->of_search)
        return trial->capacity && capacity_is_at_least(trial->capacity);
    const struct distribution *distribution =
        metric_distribution(metric, trial, class_name);
    return distribution && distribution_is_at_least(distribution, row->latency_key);
}

/* ---- figures ---------------------------------------------------------------------- */

enum metric_id metric_named(const char *name)
{
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        if (strcmp(metrics[m].name, name) == 0)
            return m;
    return METRIC_COUNT;
}

bool figure_equal(struct figure a, struct figure b)
{
    return a.metric == b.metric && a.class_index == b.class_index;
}

/* Whether a request is the first one of a named class. */
static bool begins_class(const struct workload *workload, size_t index)
{
    const char *name = workload->requests[index].class_name;
    for (size_t i = 0; i < index; i++)
        if (strcmp(workload->requests[i].class_name, name) == 0)
            return false;
    return *name != '\0';
}

const char *workload_class(const struct workload *workload, int index)
{
    for (size_t i = 0; i < workload->request_count; i++)
        if (begins_class(workload, i) && index-- == 0)
            return workload->requests[i].class_name;
    return NULL;
}

int workload_class_index(const struct workload *workload, const char *name)
{
    int index = 0;
    for (size_t i = 0; *name && i < workload->request_count; i++) {
        if (!begins_class(workload, i))
            continue;
        if (strcmp(workload->requests[i].class_name, name) == 0)
            return index;
        index++;
    }
    return ALL_REQUESTS;
}

char *metric_file_name(enum metric_id metric, const char *class_name)
{
    const char *name = metrics[metric].name;
    return class_name ? memory_printf("class.%s.%s", class_name, name)
                      : memory_copy_string(name);
}

bool metric_is_filed(enum metric_id metric, bool of_class)
{
    enum metric_files files = metrics[metric].files;
    return of_class ? metrics[metric].of_classes && files == FILES_ALL
                    : files != FILES_NONE;
}

/* ---- texts ------------------------------------------------------------------------ */

char *metric_format(enum metric_id metric, double value, char *buffer, size_t bytes)
{
    enum quantity_unit unit = metrics[metric].unit;
    if (isnan(value))
        snprintf(buffer, bytes, "-");
    else if (metrics[metric].is_share && value > 0)
        text_share(value, buffer, bytes);
    else if (unit == QUANTITY_COUNT && value > 0 && value < 0.005)
        snprintf(buffer, bytes, "<0.01");
    else if (unit == QUANTITY_COUNT && value < 10)
        snprintf(buffer, bytes, value == floor(value) ? "%.0f" : "%.2f", value);
    else
        quantity_format(unit, value, buffer, bytes);
    return buffer;
}
