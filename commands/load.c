/*
 * load.c - the `load` command (load.h): reads its options into a plan, runs it, and
 * writes what was found.
 */
#include "commands/commands.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/json.h"
#include "base/quantity.h"
#include "base/random.h"
#include "base/text.h"
#include "loadgen/engine/events.h"
#include "loadgen/engine/session.h"
#include "loadgen/measure/expect.h"
#include "loadgen/measure/hgrm.h"
#include "loadgen/measure/live.h"
#include "loadgen/measure/load_summary.h"
#include "loadgen/plan/load_plan.h"
#include "loadgen/plan/specs.h"
#include "loadgen/search/capacity.h"
#include "loadgen/search/ceiling.h"
#include "loadgen/search/ceiling_search.h"
#include "workload/scenario.h"

struct load_settings {
    uint64_t connections;
    double rate_rps;
    int arrivals;
    uint64_t duration_ns, warmup_ns, timeout_ns, drain_ns, interval_ns;
    uint64_t most_connections, request_limit, think_ns;
    int think_times;
    struct option_list phases;
    const char *trace, *speed;
    bool keep_alive;
    uint64_t requests_per_connection, pipeline, idle;
    const char *slow_readers, *slow_senders;
    struct option_list requests;
    const char *scenario, *target;
    int method, verify;
    const char *digest;
    uint64_t threads, sources;
    const char *cpus, *server_cpus, *spin, *seed;
    bool remote;
    const char *json, *histogram, *events;
    struct option_list expectations;
    const char *find_capacity;
    uint64_t search_time_ns;
    bool quiet, full, live, calibrate;
};

#define MEMBER(name) offsetof(struct load_settings, name)

static const struct field load_options[] = {
    {.name = "connections",
     .letter = 'c',
     .kind = FIELD_COUNT,
     .value = "N",
     .help =
         "clients of a closed loop; most connections of an open one; auto: an open loop "
         "opens them as needed",
     .fallback = "1",
     .offset = MEMBER(connections),
     .minimum = 1,
     .maximum = WORKLOAD_MOST_CONNECTIONS,
     .zero_word = "auto"},
    {.name = "max-connections",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "the most that --connections auto opens",
     .fallback = "10000",
     .offset = MEMBER(most_connections),
     .minimum = 1,
     .maximum = WORKLOAD_MOST_CONNECTIONS},
    {.name = "rate",
     .letter = 'r',
     .kind = FIELD_RATE,
     .value = "R",
     .help =
         "requests per second that are sent whether or not the server keeps up (open "
         "loop); "
         "without it every connection sends its next request after a reply (closed loop)",
     .offset = MEMBER(rate_rps)},
    {.name = "arrivals",
     .kind = FIELD_CHOICE,
     .value = "KIND",
     .help = "gaps between requests of --rate",
     .fallback = "poisson",
     .offset = MEMBER(arrivals),
     .choices = arrivals_names},
    {.name = "phase",
     .kind = FIELD_LIST,
     .value = "SPEC",
     .help = "a stretch of the measured time as TIME:LEVEL, a ramp as TIME:LEVEL..LEVEL, "
             "with "
             ",burst:LENGTH/PERIOD or ,sine:PERIOD after it; levels are rates (100/s) or "
             "clients "
             "(100); may be given several times, see above",
     .offset = MEMBER(phases)},
    {.name = "think",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "pause of a closed loop's client after each reply",
     .fallback = "0s",
     .offset = MEMBER(think_ns),
     .maximum = NS_PER_H},
    {.name = "think-times",
     .kind = FIELD_CHOICE,
     .value = "KIND",
     .help = "how pauses are spread around --think",
     .fallback = "constant",
     .offset = MEMBER(think_times),
     .choices = think_times_names},
    {.name = "trace",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help =
         "send what the lines time,path,class of a CSV file say, when they say it; times "
         "in "
         "seconds (or with a unit) from the first line's, which begins the measured time",
     .offset = MEMBER(trace)},
    {.name = "speed",
     .kind = FIELD_TEXT,
     .value = "X",
     .help = "replay --trace so many times as fast",
     .fallback = "1",
     .offset = MEMBER(speed)},
    {.name = "duration",
     .letter = 'd',
     .kind = FIELD_TIME,
     .value = "T",
     .help = "measured time; auto: as long as phases or trace, or as --requests take (an "
             "hour at "
             "most), else 10s. Phases are stretched to a time that is given",
     .fallback = "auto",
     .offset = MEMBER(duration_ns),
     .minimum = NS_PER_MS,
     .maximum = 24 * NS_PER_H,
     .zero_word = "auto"},
    {.name = "requests",
     .letter = 'n',
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "end the measured time after so many requests and their replies",
     .fallback = "unlimited",
     .offset = MEMBER(request_limit),
     .minimum = 1,
     .maximum = 1000000000000,
     .zero_word = "unlimited"},
    {.name = "warmup",
     .letter = 'w',
     .kind = FIELD_TIME,
     .value = "T",
     .help = "time before it, sent but not measured",
     .fallback = "1s",
     .offset = MEMBER(warmup_ns),
     .maximum = NS_PER_H},
    {.name = "timeout",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "longest wait for a reply, from when it was due",
     .fallback = "30s",
     .offset = MEMBER(timeout_ns),
     .minimum = NS_PER_MS,
     .maximum = NS_PER_H,
     .zero_word = "none"},
    {.name = "drain",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "longest wait for outstanding replies after the measured time; what has "
             "none then "
             "counts as in flight",
     .fallback = "1s",
     .offset = MEMBER(drain_ns),
     .maximum = NS_PER_H},
    {.name = "keep-alive",
     .kind = FIELD_FLAG,
     .help = "send many requests over a connection; --no-keep-alive: one",
     .fallback = "yes",
     .offset = MEMBER(keep_alive)},
    {.name = "requests-per-connection",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "ask the server to close after so many requests, and open a new connection",
     .fallback = "unlimited",
     .offset = MEMBER(requests_per_connection),
     .minimum = 1,
     .maximum = 1000000000,
     .zero_word = "unlimited"},
    {.name = "pipeline",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "requests under way on a connection at a time, without waiting for replies",
     .fallback = "1",
     .offset = MEMBER(pipeline),
     .minimum = 1,
     .maximum = WORKLOAD_MOST_PIPELINE},
    {.name = "idle",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "more connections, that are opened, kept, and send nothing",
     .fallback = "0",
     .offset = MEMBER(idle),
     .maximum = WORKLOAD_MOST_CONNECTIONS},
    {.name = "slow-readers",
     .kind = FIELD_TEXT,
     .value = "SPEC",
     .help = "more clients, that take replies in slowly, as COUNT:BYTES[:/PATH] with "
             "bytes per "
             "second; what they see is no part of the result",
     .offset = MEMBER(slow_readers)},
    {.name = "slow-senders",
     .kind = FIELD_TEXT,
     .value = "SPEC",
     .help = "more clients, that write requests slowly, likewise",
     .offset = MEMBER(slow_senders)},
    {.name = "request",
     .kind = FIELD_LIST,
     .value = "SPEC",
     .help =
         "a request as [CLASS=][AMOUNT]:/PATH, where AMOUNT is a weight in the mix (90) "
         "or a "
         "rate of its own (1/s, or 1/s,constant); may be given several times, see above",
     .offset = MEMBER(requests)},
    {.name = "scenario",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "take requests and load from a scenario; other options replace what it says "
             "where "
             "they differ from their defaults",
     .offset = MEMBER(scenario)},
    {.name = "target",
     .kind = FIELD_TEXT,
     .value = "URL",
     .help = "a server, in place of a URL operand",
     .offset = MEMBER(target)},
    {.name = "method",
     .kind = FIELD_CHOICE,
     .value = "NAME",
     .help = "of all requests",
     .fallback = "GET",
     .offset = MEMBER(method),
     .choices = method_names},
    {.name = "verify",
     .kind = FIELD_CHOICE,
     .value = "HOW",
     .help =
         "a reply is good if its status is below 400 and, with learned, its length and "
         "Interleave-Digest are those of the first good reply to the same path",
     .fallback = "learned",
     .offset = MEMBER(verify),
     .choices = verify_names},
    {.name = "expect-digest",
     .kind = FIELD_TEXT,
     .value = "TEXT",
     .help = "the Interleave-Digest that a good reply has, in place of the first reply's",
     .offset = MEMBER(digest)},
    {.name = "sources",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "to a server on 127.0.0.0/8: connect from so many addresses (127.0.0.1, "
             "127.0.0.2, "
             "...), each when the one before it has made 8000 connections or has no "
             "ports left",
     .fallback = "8",
     .offset = MEMBER(sources),
     .minimum = 1,
     .maximum = LOAD_MAX_SOURCES},
    {.name = "threads",
     .letter = 't',
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "generator threads",
     .fallback = "1",
     .offset = MEMBER(threads),
     .minimum = 1,
     .maximum = LOAD_MAX_THREADS},
    {.name = "cpus",
     .kind = FIELD_TEXT,
     .value = "LIST",
     .help = "CPUs to run on, such as 1 or 2-3",
     .offset = MEMBER(cpus)},
    {.name = "server-cpus",
     .kind = FIELD_TEXT,
     .value = "LIST",
     .help = "CPUs that the server runs on, to flag a generator that takes from them",
     .offset = MEMBER(server_cpus)},
    {.name = "spin",
     .kind = FIELD_TEXT,
     .value = "T",
     .help = "open loop: poll instead of sleep this long before a request is due; auto: "
             "150us "
             "where --cpus has a CPU for every thread, else 0s",
     .fallback = "auto",
     .offset = MEMBER(spin)},
    {.name = "seed",
     .kind = FIELD_TEXT,
     .value = "S",
     .help = "whole number from which arrivals and mix are drawn (default: a fresh one)",
     .offset = MEMBER(seed)},
    {.name = "interval",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "step of the series",
     .fallback = "1s",
     .offset = MEMBER(interval_ns),
     .minimum = NS_PER_MS,
     .maximum = NS_PER_H},
    {.name = "json",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "write the result as JSON (- for stdout)",
     .offset = MEMBER(json)},
    {.name = "full",
     .kind = FIELD_FLAG,
     .help = "write whole distributions into the JSON (\"buckets\"), as interleave merge "
             "wants "
             "them",
     .offset = MEMBER(full)},
    {.name = "histogram",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "write the latency distribution as .hgrm, in milliseconds; where there are "
             "classes, "
             "also that of each to FILE with its name before the ending",
     .offset = MEMBER(histogram)},
    {.name = "expect",
     .kind = FIELD_LIST,
     .value = "LIMIT",
     .help =
         "a limit that the result has to keep, as [CLASS:]MEASURE<LIMIT (or >, <=, >=, "
         "=): "
         "p99<20ms, mean, max, min, errors=0, errors<0.1%, timeouts, dropped, ok, "
         "throughput>1k; may be given several times; exit status 1 where one is missed",
     .offset = MEMBER(expectations)},
    {.name = "find-capacity",
     .kind = FIELD_TEXT,
     .value = "LIMIT",
     .help =
         "search for the highest rate that keeps a limit such as p99<50ms, beginning at "
         "--rate, in steps of at most --duration; --json gets the steps",
     .offset = MEMBER(find_capacity)},
    {.name = "search-time",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "begin no step of that search later than this",
     .fallback = "5m",
     .offset = MEMBER(search_time_ns),
     .minimum = NS_PER_MS,
     .maximum = 24 * NS_PER_H},
    {.name = "calibrate",
     .kind = FIELD_FLAG,
     .help = "measure how many requests per second this generator can send here, against "
             "a null "
             "server of its own, and remember it for later runs; takes --duration",
     .offset = MEMBER(calibrate)},
    {.name = "live",
     .kind = FIELD_FLAG,
     .help = "on a terminal, show rate, latency and errors while it runs",
     .fallback = "yes",
     .offset = MEMBER(live)},
    {.name = "events",
     .kind = FIELD_TEXT,
     .value = "FD",
     .help = "write warmup, measuring, measured and done to this descriptor as it "
             "happens; if it "
             "is a socket, keep connections open after measured until a byte comes back "
             "(5 s at "
             "most)",
     .offset = MEMBER(events)},
    {.name = "remote",
     .kind = FIELD_FLAG,
     .help = "allow targets beyond this machine",
     .offset = MEMBER(remote)},
    {.name = "quiet",
     .letter = 'q',
     .kind = FIELD_FLAG,
     .help = "no summary",
     .offset = MEMBER(quiet)},
    {0},
};

/* ---- servers ------------------------------------------------------------------------
 */

static bool has_target(const struct load_plan *plan, const struct target *target)
{
    for (size_t i = 0; i < plan->target_count; i++)
        if (target_equal(&plan->targets[i], target))
            return true;
    return false;
}

/* Several servers share one set of requests: a path is not one server's own. */
static int add_path(struct load_plan *plan, const char *path, bool same_server,
                    struct error *error)
{
    for (size_t i = 0; i < plan->workload.request_count && !same_server; i++)
        if (strcmp(plan->workload.requests[i].path, path) != 0)
            return error_set(error, -EINVAL,
                             "several servers share the same requests: give the paths "
                             "with --request, not %s and %s in the URLs",
                             plan->workload.requests[i].path, path);
    if (same_server || !plan->workload.request_count)
        workload_add_request(&plan->workload, path);
    return 0;
}

/* Takes server and path of one URL. `only_target`: a URL without a path asks nothing. */
static int add_url(struct load_plan *plan, const char *url, bool only_target,
                   struct error *error)
{
    struct target target;
    char *path;
    int result = target_parse(&target, &path, url, error);
    if (result < 0)
        return result;
    if (has_target(plan, &target))
        target_release(&target);
    else if (plan->target_count < LOAD_MAX_TARGETS)
        load_plan_add_target(plan, &target);
    else
        result =
            error_set(error, -EINVAL, "there are at most %d servers", LOAD_MAX_TARGETS);
    if (result == 0 && (path || !only_target))
        result = add_path(plan, path ? path : "/", plan->target_count == 1, error);
    free(path);
    return result;
}

/* ---- from settings to a plan --------------------------------------------------------
 */

static int read_whole_number(const char *name, const char *text, uint64_t most,
                             uint64_t *number, struct error *error)
{
    int result = quantity_parse(QUANTITY_COUNT, text, 0, most, number, error);
    return result < 0 ? error_prefix(error, result, "--%s", name) : 0;
}

/* What the options say, over what a scenario says where they are not the defaults. */
static void apply_load(struct workload *workload, const struct load_settings *settings,
                       bool from_scenario)
{
    struct load_settings defaults;
    struct option_group group = {"", load_options, &defaults};
    options_defaults(&group, 1);
#define APPLY(setting, member)                                                           \
    if (!from_scenario || settings->setting != defaults.setting)                         \
    workload->member = settings->setting
    APPLY(arrivals, arrivals);
    APPLY(warmup_ns, warmup_ns);
    APPLY(timeout_ns, timeout_ns);
    APPLY(think_ns, think_ns);
    APPLY(think_times, think_times);
    APPLY(request_limit, request_limit);
    APPLY(requests_per_connection, requests_per_connection);
    APPLY(pipeline, pipeline);
    APPLY(idle, idle);
#undef APPLY
    if (!isnan(settings->rate_rps))
        workload->rate_rps = settings->rate_rps;
    if (!settings->keep_alive)
        workload->requests_per_connection = 1;
    bool counted = workload->phase_count && workload->phases_are_clients;
    if (settings->connections != defaults.connections || (!from_scenario && !counted)) {
        workload->connect_as_needed = settings->connections == 0;
        workload->connections = settings->connections;
    }
    if (workload->connect_as_needed &&
        (!workload->connections ||
         settings->most_connections != defaults.most_connections))
        workload->connections = settings->most_connections;
}

/* Phases and a trace bring a duration along; requests take as long as they take. */
static void apply_duration(struct workload *workload,
                           const struct load_settings *settings)
{
    uint64_t longest_ns = (LOAD_MAX_INTERVALS - 1) * settings->interval_ns;
    if (settings->duration_ns)
        workload->duration_ns = settings->duration_ns;
    else if (settings->request_limit && workload_is_steady(workload))
        workload->duration_ns = longest_ns < NS_PER_H ? longest_ns : NS_PER_H;
}

static int apply_shapes(struct workload *workload, const struct load_settings *settings,
                        struct error *error)
{
    int result = 0;
    if (settings->phases.count) {
        workload->phase_count = 0;
        workload->rate_rps = 0;
    }
    for (size_t i = 0; result == 0 && i < settings->phases.count; i++)
        result = spec_add_phase(workload, settings->phases.items[i], error);
    double speed = 1;
    if (result == 0)
        result = spec_read_speed(&speed, settings->speed, error);
    if (result == 0 && settings->trace)
        result = workload_read_trace(workload, settings->trace, speed, error);
    if (result == 0 && settings->slow_readers) {
        result = spec_read_slow_clients(&workload->slow_readers, settings->slow_readers,
                                        error);
        if (result < 0)
            return error_prefix(error, result, "--slow-readers");
    }
    if (result == 0 && settings->slow_senders) {
        result = spec_read_slow_clients(&workload->slow_senders, settings->slow_senders,
                                        error);
        if (result < 0)
            return error_prefix(error, result, "--slow-senders");
    }
    for (size_t i = 0; settings->digest && i < workload->request_count; i++) {
        free(workload->requests[i].digest);
        workload->requests[i].digest = memory_copy_string(settings->digest);
    }
    return result;
}

static int read_scenario(struct load_plan *plan, const char *path, struct error *error)
{
    struct scenario scenario;
    int result = scenario_read(&scenario, path, error);
    if (result < 0)
        return result;
    workload_release(&plan->workload);
    workload_copy(&plan->workload, &scenario.workload);
    plan->transient = scenario.shape == SHAPE_TRANSIENT;
    scenario_release(&scenario);
    return 0;
}

#define SEARCH_FIRST_RPS 100

/* A search begins somewhere, and is not to be held back by connections. */
static int make_searchable(struct workload *workload,
                           const struct load_settings *settings, struct error *error)
{
    if (!workload_is_steady(workload))
        return error_set(error, -EINVAL,
                         "--find-capacity sets the rate: phases and a trace cannot");
    if (!(workload->rate_rps > 0))
        workload->rate_rps = SEARCH_FIRST_RPS;
    if (workload->connections == 1) {
        workload->connect_as_needed = true;
        workload->connections = settings->most_connections;
    }
    return 0;
}

static int read_workload(struct load_plan *plan, const struct load_settings *settings,
                         const struct option_list *urls, struct error *error)
{
    int result = 0;
    bool has_requests = settings->scenario || settings->requests.count || settings->trace;
    workload_init(&plan->workload);
    if (settings->scenario)
        result = read_scenario(plan, settings->scenario, error);
    if (result == 0 && settings->target)
        result = add_url(plan, settings->target, has_requests || urls->count, error);
    for (size_t i = 0; result == 0 && i < urls->count; i++)
        result = add_url(plan, urls->items[i], has_requests, error);
    for (size_t i = 0; result == 0 && i < settings->requests.count; i++)
        result = spec_add_request(&plan->workload, settings->requests.items[i], error);
    if (result == 0 && !plan->target_count)
        result =
            error_set(error, -EINVAL,
                      "no server is given: add a URL such as http://127.0.0.1:8080/");
    if (result == 0)
        result = apply_shapes(&plan->workload, settings, error);
    if (result < 0)
        return result;
    apply_load(&plan->workload, settings, settings->scenario != NULL);
    apply_duration(&plan->workload, settings);
    return settings->find_capacity ? make_searchable(&plan->workload, settings, error)
                                   : 0;
}

#define SPIN_AUTO_NS (150 * NS_PER_US)

/* What depends on CPUs: whether polling takes them from nobody. */
static int read_cpus(struct load_plan *plan, const struct load_settings *settings,
                     struct error *error)
{
    cpu_set_t own, server;
    int result = 0;
    CPU_ZERO(&own);
    if (settings->cpus)
        result = cpus_parse(settings->cpus, &own, error);
    if (result == 0 && settings->server_cpus)
        result = cpus_parse(settings->server_cpus, &server, error);
    if (result < 0)
        return result;
    if (strcmp(settings->spin, "auto") != 0) {
        result = quantity_parse(QUANTITY_TIME, settings->spin, 0, NS_PER_S,
                                &plan->spin_ns, error);
        return result < 0 ? error_prefix(error, result, "--spin") : 0;
    }
    plan->spin_ns = CPU_COUNT(&own) >= (int)plan->threads ? SPIN_AUTO_NS : 0;
    return 0;
}

static int read_plan(struct load_plan *plan, const struct load_settings *settings,
                     const struct option_list *urls, struct error *error)
{
    *plan = (struct load_plan){
        .threads = (unsigned)settings->threads,
        .sources = (unsigned)settings->sources,
        .seed = random_fresh_seed(),
        .verify = settings->verify,
        .method = settings->method,
        .interval_ns = settings->interval_ns,
        .drain_ns = settings->drain_ns,
        .cpus = settings->cpus,
        .server_cpus = settings->server_cpus,
        .full = settings->full,
    };
    int result = read_workload(plan, settings, urls, error);
    if (result == 0)
        result = read_cpus(plan, settings, error);
    if (result == 0 && settings->seed)
        result =
            read_whole_number("seed", settings->seed, 1ULL << 53, &plan->seed, error);
    for (size_t i = 0; result == 0 && !settings->remote && i < plan->target_count; i++)
        if (!target_is_loopback(&plan->targets[i]))
            result =
                error_set(error, -EINVAL,
                          "%s is not on this machine: say --remote if you may load it",
                          plan->targets[i].url);
    if (result < 0) {
        load_plan_release(plan);
        return result;
    }
    return load_plan_build(plan, error);
}

/* ---- expectations -------------------------------------------------------------------
 */

static void release_expectations(struct expectation *expectations, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expectation_release(&expectations[i]);
    free(expectations);
}

static int check_class(const struct load_plan *plan,
                       const struct expectation *expectation, struct error *error)
{
    for (size_t i = 0; i < plan->class_count; i++)
        if (!expectation->class_name ||
            strcmp(plan->class_names[i], expectation->class_name) == 0)
            return 0;
    return error_set(error, -EINVAL, "--expect %s: no request is of class \"%s\"",
                     expectation->text, expectation->class_name);
}

/* On failure nothing is left to release. */
static int read_expectations(struct load_plan *plan, const struct option_list *texts,
                             struct expectation **expectations, struct error *error)
{
    size_t count = 0;
    int code = 0;
    *expectations = memory_allocate_zeroed(texts->count + 1, sizeof **expectations);
    for (size_t i = 0; code == 0 && i < texts->count; i++) {
        code = expectation_parse(&(*expectations)[i], texts->items[i], error);
        if (code < 0) {
            error_prefix(error, code, "--expect");
            break;
        }
        count++;
        code = check_class(plan, &(*expectations)[i], error);
    }
    if (code < 0) {
        release_expectations(*expectations, count);
        return code;
    }
    plan->expectations = *expectations;
    plan->expectation_count = count;
    return 0;
}

static int read_objective(const struct load_settings *settings,
                          struct expectation *objective, struct error *error)
{
    int code = expectation_parse(objective, settings->find_capacity, error);
    if (code == 0)
        code = capacity_check_objective(objective, error);
    return code < 0 ? error_prefix(error, code, "--find-capacity") : 0;
}

/* ---- preparing the process ----------------------------------------------------------
 */

#define SPARE_DESCRIPTORS 64

static int allow_descriptors(uint64_t connections, struct error *error)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    uint64_t needed = connections + SPARE_DESCRIPTORS;
    if (needed > limit.rlim_max)
        return error_set(error, -EMFILE,
                         "%llu connections need %llu descriptors, the limit is %llu: "
                         "raise it with ulimit -n",
                         (unsigned long long)connections, (unsigned long long)needed,
                         (unsigned long long)limit.rlim_max);
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

static int prepare(const struct load_settings *settings, const struct load_plan *plan,
                   int *events, struct error *error)
{
    *events = -1;
    int result = allow_descriptors(workload_all_connections(&plan->workload), error);
    if (result == 0 && settings->events) {
        uint64_t fd;
        result = read_whole_number("events", settings->events, INT_MAX, &fd, error);
        if (result == 0)
            result = events_check((int)fd, error);
        if (result == 0)
            *events = (int)fd;
    }
    cpu_set_t cpus;
    if (result == 0 && settings->cpus)
        result = cpus_parse(settings->cpus, &cpus, error);
    if (result == 0 && settings->cpus)
        result = cpus_pin(&cpus, error);
    return result;
}

/* ---- the command --------------------------------------------------------------------
 */

static int write_json(const struct record_type *type, const void *record,
                      const char *path, struct error *error)
{
    cJSON *json = record_to_json(type, record);
    int code = json_write(path, json, error);
    cJSON_Delete(json);
    return code;
}

/* True where not even one connection came about. */
static bool never_reached(const struct load_result *result)
{
    return result->whole_run.connections == 0;
}

static int exit_code_of(const struct load_result *result)
{
    if (result->interrupted)
        return EXIT_INTERRUPTED;
    if (never_reached(result))
        return EXIT_FAILED;
    if (!result->valid)
        return EXIT_INVALID;
    return expectations_are_met(result) ? EXIT_FINE : EXIT_FAILED;
}

static int report(const struct load_settings *settings, const struct load_result *result,
                  struct error *error)
{
    int code = 0;
    if (!settings->quiet)
        summary_print(result, stderr);
    if (settings->json)
        code = write_json(&load_result_type, result, settings->json, error);
    if (code == 0 && settings->histogram)
        code = hgrm_write(result, settings->histogram, error);
    return code < 0 ? code : exit_code_of(result);
}

static int measure(const struct load_settings *settings, struct load_plan *plan,
                   int events, struct error *error)
{
    struct load_result result;
    struct live live;
    if (!settings->quiet)
        summary_announce(plan, stderr);
    if (!settings->quiet && settings->live && live_is_possible()) {
        live_init(&live, stderr);
        plan->watcher = &live.watcher;
    }
    int code = session_run(plan, events, &result, error);
    plan->watcher = NULL;
    if (code < 0)
        return code;
    struct ceiling ceiling;
    if (ceiling_load(&ceiling, NULL) == 0)
        load_result_set_ceiling(&result, ceiling_of_threads(&ceiling, plan->threads));
    code = report(settings, &result, error);
    load_result_release(&result);
    return code;
}

/* ---- the other things that the command can do ---------------------------------------
 */

#define CALIBRATION_SHARE 10 /* of --duration, each round */

static int calibrate_here(const struct load_settings *settings, int *exit_code,
                          struct error *error)
{
    struct ceiling ceiling;
    char rate[QUANTITY_TEXT_BYTES], reached[QUANTITY_TEXT_BYTES];
    int code = ceiling_search(&ceiling, settings->duration_ns / CALIBRATION_SHARE, error);
    if (code == 0)
        code = ceiling_store(&ceiling, error);
    *exit_code = code == -EINTR ? EXIT_INTERRUPTED : code < 0 ? EXIT_FAILED : EXIT_FINE;
    if (code < 0)
        return code;
    char *path = ceiling_path();
    fprintf(
        stderr,
        "%s requests/s for each thread with a core of its own (%.2f us per request; "
        "%s/s were reached with the null server)\nkept in %s\n",
        quantity_format(QUANTITY_COUNT, ceiling.thread_rps, rate, sizeof rate),
        ceiling.cpu_us_per_request,
        quantity_format(QUANTITY_COUNT, ceiling.throughput_rps, reached, sizeof reached),
        path);
    free(path);
    return 0;
}

static int search_capacity(const struct load_settings *settings, struct load_plan *plan,
                           const struct expectation *objective, struct error *error)
{
    static const int exit_codes[] = {
        [CAPACITY_FOUND] = EXIT_FINE,
        [CAPACITY_NONE] = EXIT_FAILED,
        [CAPACITY_GENERATOR_LIMIT] = EXIT_INVALID,
        [CAPACITY_TIME_UP] = EXIT_INCONCLUSIVE,
        [CAPACITY_INTERRUPTED] = EXIT_INTERRUPTED,
    };
    struct capacity capacity;
    int code = capacity_search(plan, objective, settings->search_time_ns,
                               settings->quiet ? NULL : stderr, &capacity, error);
    if (code < 0)
        return code;
    if (!settings->quiet)
        capacity_print(&capacity, stderr);
    code = exit_codes[capacity.outcome];
    if (settings->json) {
        int written = write_json(&capacity_type, &capacity, settings->json, error);
        code = written < 0 ? written : code;
    }
    record_release(&capacity_type, &capacity);
    return code;
}

/* *exit_code is EXIT_USAGE, and stays so until the first process or thread starts. */
static int prepare_and_measure(const struct load_settings *settings,
                               struct load_plan *plan, int *exit_code,
                               struct error *error)
{
    struct expectation *expectations = NULL, objective = {0};
    int events, code = 0;
    if (settings->find_capacity)
        code = read_objective(settings, &objective, error);
    if (code == 0)
        code = read_expectations(plan, &settings->expectations, &expectations, error);
    if (code < 0) {
        expectation_release(&objective);
        return code;
    }
    code = prepare(settings, plan, &events, error);
    if (code == 0) {
        code = settings->find_capacity
                   ? search_capacity(settings, plan, &objective, error)
                   : measure(settings, plan, events, error);
        *exit_code = code == -EINTR ? EXIT_INTERRUPTED : code < 0 ? EXIT_FAILED : code;
    }
    release_expectations(expectations, plan->expectation_count);
    expectation_release(&objective);
    return code;
}

static int run_load(int argc, char **argv)
{
    struct load_settings settings;
    struct option_list urls;
    struct load_plan plan;
    struct error error;
    int exit_code;
    bool go = options_read(&load_command, &settings, argc, argv, &urls, &exit_code);
    if (go) {
        exit_code = EXIT_USAGE;
        int code = settings.calibrate ? calibrate_here(&settings, &exit_code, &error)
                                      : read_plan(&plan, &settings, &urls, &error);
        if (code == 0 && !settings.calibrate) {
            code = prepare_and_measure(&settings, &plan, &exit_code, &error);
            load_plan_release(&plan);
        }
        if (code < 0)
            fprintf(stderr, "interleave load: %s\n", error.text);
    }
    option_list_release(&settings.requests);
    option_list_release(&settings.expectations);
    option_list_release(&settings.phases);
    option_list_release(&urls);
    return exit_code;
}

const struct command load_command = {
    .name = "load",
    .summary = "send requests to a server and measure its replies",
    .operands = "[URL...]",
    .description =
        "Sends the requests of the URLs, of --request and of a --scenario to a server, "
        "and reports how many replies came, how fast, and whether the measurement can be "
        "believed. Latency runs from when a request was due to the last byte of its "
        "reply.\n\n"
        "Requests without a rate form a mix, drawn by weight; a request with a rate is "
        "sent on its own schedule beside it. Results are told apart by class. For "
        "example, a light mix, and one long computation a second:\n\n"
        "  interleave load http://127.0.0.1:8080 --rate 500/s \\\n"
        "    --request light=90:/wait:20ms --request light=10:/ \\\n"
        "    --request heavy=1/s,constant:/spin:10M\n\n"
        "A server is http://HOST[:PORT] or unix:SOCKET. Several share the load: "
        "connections are dealt out to them in turn, or by weight where a URL begins with "
        "one, as in 3*http://127.0.0.1:8080.\n\n"
        "Phases change the load over the measured time. During the warm-up it is as the "
        "first phase begins. A quiet minute, a ramp, and bursts of 200 ms every 2 s:\n\n"
        "  interleave load http://127.0.0.1:8080 --connections auto --phase 1m:100/s \\\n"
        "    --phase 30s:100/s..900/s --phase 1m:900/s..3000/s,burst:200ms/2s\n\n"
        "With --find-capacity LIMIT it searches for the highest rate that keeps the "
        "limit: "
        "exit 0 found; 1 kept at no rate; 3 the generator was the limit; 4 no time left "
        "to confirm it. With --calibrate it measures itself.\n\n"
        "Exit status: 0 measured, and what was expected came true; 1 the server could "
        "not be reached, or an --expect was missed; 2 usage; 3 measured, but the figures "
        "cannot be trusted (the reason is in the warnings); 130 stopped.",
    .options = load_options,
    .run = run_load,
};
