/* load_settings.c - see load_settings.h. */
#include "loadgen/plan/load_settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/quantity.h"
#include "base/random.h"
#include "workload/load_fields.h"
#include "workload/scenario_read.h"
#include "workload/specs.h"

#define MEMBER(name) offsetof(struct load_settings, name)

static const struct field settings_fields[] = {
    {.name = "scenario",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "take requests and load from a scenario; options that are given replace "
             "what it says",
     .offset = MEMBER(scenario)},
    {.name = "target",
     .kind = FIELD_TEXT,
     .value = "URL",
     .help = "a server, in place of a URL operand",
     .offset = MEMBER(target)},
    {.name = "request",
     .kind = FIELD_LIST,
     .value = "SPEC",
     .help = "a request as [CLASS=][AMOUNT]:/PATH, where AMOUNT is a weight in the mix "
             "(90) or a rate of its own (1/s, or 1/s,constant); may be given several "
             "times, see above",
     .offset = MEMBER(requests)},
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
    {.name = "remote",
     .kind = FIELD_FLAG,
     .help = "allow targets beyond this machine",
     .offset = MEMBER(remote)},
    {.name = "sources",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "to a server on 127.0.0.0/8: connect from so many addresses (127.0.0.1, "
             "127.0.0.2, ...), each when the one before it has made 8000 connections or "
             "has no ports left",
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
     .help =
         "open loop: poll instead of sleep this long before a request is due; auto: "
         "150us where --cpus has a CPU for every thread, else 0s; always: never sleep, "
         "in a closed loop either",
     .fallback = "auto",
     .offset = MEMBER(spin)},
    {.name = "seed",
     .kind = FIELD_COUNT,
     .value = "S",
     .help = "whole number from which arrivals and mix are drawn (default: a fresh one)",
     .offset = MEMBER(seed),
     .maximum = 1ULL << 53},
    {.name = "interval",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "step of the series",
     .fallback = "1s",
     .offset = MEMBER(interval_ns),
     .minimum = NS_PER_MS,
     .maximum = NS_PER_H},
    {.name = "drain",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "longest wait for outstanding replies after the measured time; what has "
             "none then counts as in flight",
     .fallback = "1s",
     .offset = MEMBER(drain_ns),
     .maximum = NS_PER_H},
    {.name = "full",
     .kind = FIELD_FLAG,
     .help = "write whole distributions into the JSON (\"buckets\"), as interleave merge "
             "wants them",
     .offset = MEMBER(full)},
    {0}};

void load_settings_groups(struct load_settings *settings, struct option_group *groups)
{
    static const struct {
        const char *title;
        const struct field *fields;
        size_t offset;
    } tables[LOAD_SETTINGS_GROUPS] = {
        {"Servers, requests and the generator", settings_fields, 0},
        {"Requests, as in a scenario's \"load\"", request_head_fields,
         MEMBER(workload.head)},
        {"Load, as in a scenario's \"load\"", load_fields, MEMBER(workload)},
        {"Trace, as in a scenario's \"load\"", trace_fields, MEMBER(workload.trace)},
        {"Clients, as in a scenario's \"clients\"", client_fields, MEMBER(workload)},
    };
    for (size_t i = 0; i < LOAD_SETTINGS_GROUPS; i++)
        groups[i] = (struct option_group){
            .title = tables[i].title,
            .options = tables[i].fields,
            .settings = settings ? (char *)settings + tables[i].offset : NULL};
}

void load_settings_note_given(struct load_settings *settings,
                              const struct option_group *groups)
{
    settings->given = groups[0].given;
    settings->head_given = groups[1].given;
    settings->load_given = groups[2].given;
    settings->trace_given = groups[3].given;
    settings->clients_given = groups[4].given;
}

/* ---- servers ----------------------------------------------------------------------- */

static bool has_target(const struct load_plan *plan, const struct target *target)
{
    for (size_t i = 0; i < plan->target_count; i++)
        if (target_equal(&plan->targets[i], target))
            return true;
    return false;
}

/* Several servers share one set of requests: no path may be one server's alone. */
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

/* Adds the server of a URL, and a request for its path. `only_target`: a URL without a
 * path adds no request. */
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

/* ---- the workload ------------------------------------------------------------------ */

static bool gives_load(const struct load_settings *settings, size_t offset)
{
    return field_is_given(load_fields, settings->load_given, offset);
}

#define GIVES(member) gives_load(settings, offsetof(struct workload, member))

static void drop_phases(struct workload *workload)
{
    free(workload->phases);
    workload->phases = NULL;
    workload->phase_count = 0;
}

/* A duration that comes from the scenario does not fit a load that was given: it is
 * derived anew. */
static void reconsider_duration(const struct load_settings *settings,
                                struct workload *workload)
{
    bool counted = GIVES(request_limit) && workload_is_steady(workload);
    if (!GIVES(duration_ns) && (counted || GIVES(phases) || settings->trace_given))
        workload->duration_ns = 0;
}

/* One body takes the place of the other. */
static void apply_head(const struct load_settings *settings, struct workload *workload)
{
    const struct request_head *own = &settings->workload.head;
    struct request_head *head = &workload->head;
    if (own->body || own->body_file) {
        free(head->body);
        free(head->body_file);
        head->body = head->body_file = NULL;
    }
    fields_copy_given(request_head_fields, head, own, settings->head_given);
    for (size_t i = 0; i < workload->request_count; i++)
        request_head_yield(&workload->requests[i].head, own);
}

int load_settings_apply(const struct load_settings *settings, struct workload *workload,
                        struct error *error)
{
    const struct workload *own = &settings->workload;
    struct trace *trace = &workload->trace;
    if (GIVES(phases))
        workload->rate_rps = 0;
    else if (GIVES(rate_rps))
        drop_phases(workload);
    fields_copy_given(load_fields, workload, own, settings->load_given);
    apply_head(settings, workload);
    if (GIVES(connections) && workload_phases_are_clients(workload))
        return error_set(error, -EINVAL,
                         "--connections: the phases say how many connections there are");
    if (field_is_given(client_fields, settings->clients_given,
                       offsetof(struct workload, requests_per_connection)))
        workload->keep_alive = true;
    fields_copy_given(client_fields, workload, own, settings->clients_given);
    fields_copy_given(trace_fields, trace, &own->trace, settings->trace_given);
    int result = settings->trace_given && trace->path
                     ? workload_read_trace(workload, trace->path, trace->speed, error)
                     : 0;
    reconsider_duration(settings, workload);
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

/* A search needs a rate to begin with. */
static int make_searchable(struct workload *workload, struct error *error)
{
    if (!workload_is_steady(workload))
        return error_set(error, -EINVAL,
                         "--find-capacity sets the rate: phases and a trace cannot");
    if (!(workload->rate_rps > 0))
        workload->rate_rps = SEARCH_FIRST_RPS;
    return 0;
}

static int read_workload(struct load_plan *plan, const struct load_settings *settings,
                         const struct words *urls, bool seeks_rate, struct error *error)
{
    int result = 0;
    bool has_requests =
        settings->scenario || settings->requests.count || settings->workload.trace.path;
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
        result = load_settings_apply(settings, &plan->workload, error);
    for (size_t i = 0; settings->digest && i < plan->workload.request_count; i++) {
        free(plan->workload.requests[i].digest);
        plan->workload.requests[i].digest = memory_copy_string(settings->digest);
    }
    return result == 0 && seeks_rate ? make_searchable(&plan->workload, error) : result;
}

#define SPIN_AUTO_NS (150 * NS_PER_US)

/* Busy-polling is the default only where every thread has a CPU for itself. */
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
    plan->spins_always = strcmp(settings->spin, "always") == 0;
    if (strcmp(settings->spin, "auto") != 0 && !plan->spins_always) {
        result = quantity_parse(QUANTITY_TIME, settings->spin, 0, NS_PER_S,
                                &plan->spin_ns, error);
        return result < 0 ? error_prefix(error, result, "--spin") : 0;
    }
    plan->spin_ns = CPU_COUNT(&own) >= (int)plan->threads ? SPIN_AUTO_NS : 0;
    return 0;
}

int load_plan_read(struct load_plan *plan, const struct load_settings *settings,
                   const struct words *urls, bool seeks_rate, struct error *error)
{
    *plan = (struct load_plan){
        .threads = (unsigned)settings->threads,
        .sources = (unsigned)settings->sources,
        .seed = field_is_given(settings_fields, settings->given, MEMBER(seed))
                    ? settings->seed
                    : random_fresh_seed(),
        .verify = settings->verify,
        .interval_ns = settings->interval_ns,
        .drain_ns = settings->drain_ns,
        .cpus = settings->cpus,
        .server_cpus = settings->server_cpus,
        .full = settings->full,
    };
    int result = read_workload(plan, settings, urls, seeks_rate, error);
    if (result == 0)
        result = read_cpus(plan, settings, error);
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
