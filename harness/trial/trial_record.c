/* trial_record.c - see trial_record.h. */
#include "harness/trial/trial_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/json.h"
#include "base/text.h"

static double seconds_between(uint64_t from_ns, uint64_t to_ns)
{
    return ((double)to_ns - (double)from_ns) / (double)NS_PER_S;
}

/* ---- flags ------------------------------------------------------------------------ */

struct flags {
    cJSON *array;
    bool invalid;
};

static void add_flag(struct flags *flags, bool invalid, const char *code,
                     const char *message)
{
    cJSON *flag = cJSON_CreateObject();
    cJSON_AddStringToObject(flag, "code", code);
    cJSON_AddStringToObject(flag, "severity", invalid ? "invalid" : "warning");
    cJSON_AddStringToObject(flag, "message", message);
    cJSON_AddItemToArray(flags->array, flag);
    flags->invalid = flags->invalid || invalid;
}

/* The generator judges itself; its word is taken, but for what the scenario is about. */
static void flag_generator(struct flags *flags, const struct trial_setup *setup,
                           const struct trial_facts *facts)
{
    bool explained = false;
    const cJSON *warning;
    cJSON_ArrayForEach(warning, json_at(facts->load, "warnings"))
    {
        const char *code = json_string(warning, "code");
        const char *message = json_string(warning, "message");
        bool invalidates = cJSON_IsTrue(json_at(warning, "invalidates"));
        explained = explained || invalidates;
        code = code ? code : "generator";
        add_flag(flags, invalidates && !scenario_tolerates(setup->scenario, code), code,
                 message ? message : "");
    }
    if (!cJSON_IsTrue(json_at(facts->load, "valid")) && !explained)
        add_flag(flags, true, "generator", "the generator calls its result invalid");
}

/*
 * What the generator sent is what the server has counted, where nothing was cut off
 * on the way: on a clean run.
 */
static void flag_counts(struct flags *flags, const struct trial_facts *facts)
{
    const cJSON *counts = json_at(facts->load, "counts");
    double unclean = json_number(counts, "net_error") + json_number(counts, "timeout") +
                     json_number(counts, "in_flight");
    double sent = json_number(json_at(facts->load, "whole_run"), "sent");
    double replies = json_number(json_at(facts->load, "whole_run"), "replies");
    double served =
        json_number(facts->server_stats, "requests") - facts->harness_requests;
    /* A server of others may leave no counts. */
    if (isnan(served) || unclean > 0 || sent != replies || served == sent)
        return;
    char message[160];
    snprintf(message, sizeof message,
             "the generator sent %.0f requests in all, the server counted %.0f", sent,
             served);
    add_flag(flags, true, "count_mismatch", message);
}

static void flag_placement(struct flags *flags, const struct trial_setup *setup,
                           const struct trial_facts *facts)
{
    double elapsed = seconds_between(facts->before.cpu_at_ns, facts->after.cpu_at_ns);
    double cores =
        (facts->generator_cpu_after_s - facts->generator_cpu_before_s) / elapsed;
    if (!setup->placement.shared || cores < 0.05)
        return;
    char message[160];
    snprintf(
        message, sizeof message,
        "the generator has no CPU of its own and used %.0f %% of one, more than 5 %%",
        100 * cores);
    add_flag(flags, true, "shared_cpu", message);
}

/* CPU time of a service in the window: 0 where there is none. */
static double service_cpu_s(const struct service_process *service)
{
    double cpu_s = service->cpu_after_s - service->cpu_before_s;
    return isfinite(cpu_s) ? cpu_s : 0;
}

/* Whether what the server asks was the limit, or in the generator's way. */
static void flag_services(struct flags *flags, const struct trial_setup *setup,
                          const struct trial_facts *facts)
{
    double elapsed = seconds_between(facts->before.cpu_at_ns, facts->after.cpu_at_ns);
    double cores = (service_cpu_s(&facts->services->backend) +
                    service_cpu_s(&facts->services->database)) /
                   elapsed;
    double cpus = CPU_COUNT(&setup->placement.services);
    char message[200];
    if (cores > 0.9 * cpus) {
        snprintf(message, sizeof message,
                 "what the server asks was busy itself, with %.2f of its %.0f CPUs: the "
                 "server may have waited for that",
                 cores, cpus);
        add_flag(flags, false, "services_busy", message);
    }
    if (setup->placement.services_shared && cores > 0.05) {
        snprintf(message, sizeof message,
                 "what the server asks had no CPU of its own and took %.2f of the "
                 "generator's",
                 cores);
        add_flag(flags, false, "services_share_cpu", message);
    }
}

/*
 * What the machine did meanwhile. `share` of the window's CPU time (all CPUs), or of
 * nothing where any amount counts.
 */
static void flag_machine(struct flags *flags, const struct trial_facts *facts)
{
    const struct counters *before = &facts->machine_before;
    const struct counters *after = &facts->machine_after;
    double elapsed = seconds_between(before->at_ns, after->at_ns);
    double capacity = elapsed * (double)sysconf(_SC_NPROCESSORS_ONLN);
    double steal = counters_delta(before, after, COUNTER_STEAL) / capacity;
    char message[200];
    if (steal > 0.005) {
        snprintf(message, sizeof message,
                 "the hypervisor took %.1f %% of the CPU time (at most 2 %% is valid)",
                 100 * steal);
        add_flag(flags, steal > 0.02, "steal", message);
    }
    static const struct {
        enum counter counter;
        const char *code, *message;
    } none_allowed[] = {
        {COUNTER_THROTTLED, "throttled", "the cgroup's CPU quota held the run back"},
        {COUNTER_SWAPPED, "swapping", "the machine swapped"},
        {COUNTER_LISTEN_OVERFLOWS, "listen_overflow",
         "connections were refused for a full listen backlog"},
    };
    for (size_t i = 0; i < sizeof none_allowed / sizeof *none_allowed; i++)
        if (counters_delta(before, after, none_allowed[i].counter) > 0)
            add_flag(flags, true, none_allowed[i].code, none_allowed[i].message);
    double ours = facts->after.cpu_s - facts->before.cpu_s +
                  facts->generator_cpu_after_s - facts->generator_cpu_before_s +
                  facts->harness_cpu_after_s - facts->harness_cpu_before_s +
                  service_cpu_s(&facts->services->backend) +
                  service_cpu_s(&facts->services->database);
    double others = (counters_delta(before, after, COUNTER_BUSY) - ours) / elapsed;
    if (others > 0.1) {
        snprintf(message, sizeof message,
                 "other processes used %.2f cores; stop them, or read with care", others);
        add_flag(flags, false, "busy_machine", message);
    }
}

/* Workers that died and were replaced: whoever they served has lost a request. */
static void flag_restarts(struct flags *flags, const struct trial_setup *setup,
                          const struct trial_facts *facts)
{
    double restarts = json_number(facts->server_stats, "restarts");
    if (!(restarts > 0))
        return;
    char message[160];
    snprintf(message, sizeof message,
             "%.0f of the server's processes died and were replaced", restarts);
    add_flag(flags, !scenario_tolerates(setup->scenario, "restarts"), "restarts",
             message);
}

/* An op may have found that it did not do what its step says. */
static void flag_ops(struct flags *flags, const struct trial_facts *facts)
{
    const cJSON *op;
    cJSON_ArrayForEach(op, json_at(facts->server_stats, "ops"))
    {
        const char *note = json_string(op, "note");
        if (!note)
            continue;
        char message[300];
        snprintf(message, sizeof message, "%s: %s", op->string, note);
        add_flag(flags, false, "op", message);
    }
}

/* ---- the parts of trial.json ------------------------------------------------------ */

static cJSON *command_json(const char *const *command)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; command && command[i]; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(command[i]));
    return array;
}

static void add_service_command(cJSON *commands, const char *key,
                                const struct service_process *service)
{
    if (service->line.count > 0)
        cJSON_AddItemToObject(commands, key, command_json(service->line.words));
}

static void add_setup(cJSON *root, const struct trial_setup *setup,
                      const struct trial_facts *facts)
{
    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "id", setup->id);
    cJSON_AddStringToObject(root, "scenario", setup->scenario->name);
    cJSON *point = json_add_object(root, "point");
    json_add_text(point, "variable", setup->variable);
    json_add_text(point, "value", setup->value);
    cJSON_AddStringToObject(root, "model", setup->contender->label);
    cJSON_AddNumberToObject(root, "block", (double)setup->block);
    cJSON_AddNumberToObject(root, "order", (double)setup->order);
    cJSON_AddNumberToObject(root, "seed", (double)setup->seed);
    cJSON_AddStringToObject(root, "started_utc", facts->started_utc);
    cJSON *commands = json_add_object(root, "commands");
    cJSON_AddItemToObject(commands, "server", command_json(facts->server_command));
    if (facts->server_environment && facts->server_environment[0])
        cJSON_AddItemToObject(commands, "server_environment",
                              command_json(facts->server_environment));
    cJSON_AddItemToObject(commands, "load", command_json(facts->load_command));
    add_service_command(commands, "backend", &facts->services->backend);
    add_service_command(commands, "database", &facts->services->database);
    cJSON *cpus = json_add_object(root, "cpus");
    char list[CPUS_TEXT_BYTES];
    cJSON_AddStringToObject(cpus, "server",
                            cpus_format(&setup->placement.server, list, sizeof list));
    cJSON_AddNumberToObject(cpus, "server_count", setup->placement.server_count);
    cJSON_AddStringToObject(cpus, "generator",
                            cpus_format(&setup->placement.generator, list, sizeof list));
    json_add_bool(cpus, "shared", setup->placement.shared);
    if (facts->services->backend.line.count || facts->services->database.line.count)
        cJSON_AddStringToObject(
            cpus, "services", cpus_format(&setup->placement.services, list, sizeof list));
}

static void add_window(cJSON *server, const struct trial_facts *facts)
{
    const struct process_sample *before = &facts->before, *after = &facts->after;
    cJSON *window = json_add_object(server, "window");
    json_add_number(window, "cpu_elapsed_s",
                    seconds_between(before->cpu_at_ns, after->cpu_at_ns));
    json_add_number(window, "cpu_s", after->cpu_s - before->cpu_s);
    json_add_number(window, "user_s", after->user_s - before->user_s);
    json_add_number(window, "system_s", after->system_s - before->system_s);
    /* The load ended when the second CPU sample was taken, and the switches with it. */
    json_add_number(window, "switches_elapsed_s",
                    seconds_between(before->switches_at_ns, after->cpu_at_ns));
    /* What ended processes have switched is in nobody's account. */
    double lost = after->ended_cpu_s > before->ended_cpu_s ? (double)NAN : 0;
    json_add_number(window, "voluntary_switches",
                    after->voluntary_switches - before->voluntary_switches + lost);
    json_add_number(window, "involuntary_switches",
                    after->involuntary_switches - before->involuntary_switches + lost);
    json_add_number(window, "processes", after->processes);
    json_add_number(window, "threads", after->threads);
    json_add_number(window, "threads_peak", fmax(facts->threads_peak, after->threads));
    json_add_number(window, "rss_bytes", after->rss_bytes);
    json_add_number(window, "rss_peak_bytes",
                    fmax(facts->rss_peak_bytes, after->rss_peak_bytes));
    json_add_number(window, "pss_bytes", after->pss_bytes);
    json_add_number(window, "anon_bytes", after->anon_bytes);
    json_add_number(window, "idle_anon_bytes", facts->idle.anon_bytes);
    json_add_number(window, "idle_rss_bytes", facts->idle.rss_bytes);
    json_add_number(window, "idle_pss_bytes", facts->idle.pss_bytes);
    json_add_number(window, "idle_threads", facts->idle.threads);
}

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void add_lifetime(cJSON *server, const struct rusage *usage)
{
    cJSON *lifetime = json_add_object(server, "lifetime");
    cJSON_AddNumberToObject(lifetime, "user_s", seconds_of(&usage->ru_utime));
    cJSON_AddNumberToObject(lifetime, "system_s", seconds_of(&usage->ru_stime));
    cJSON_AddNumberToObject(lifetime, "voluntary_switches", (double)usage->ru_nvcsw);
    cJSON_AddNumberToObject(lifetime, "involuntary_switches", (double)usage->ru_nivcsw);
    cJSON_AddNumberToObject(lifetime, "rss_peak_bytes", (double)usage->ru_maxrss * 1024);
}

static void add_server(cJSON *root, struct trial_facts *facts)
{
    cJSON *server = json_add_object(root, "server");
    json_add_text(server, "end", *facts->server_end ? facts->server_end : NULL);
    if (facts->measured)
        add_window(server, facts);
    if (*facts->server_end)
        add_lifetime(server, &facts->server_usage);
    cJSON_AddItemToObject(server, "stats",
                          facts->server_stats ? facts->server_stats : cJSON_CreateNull());
    facts->server_stats = NULL;
}

static void add_service(cJSON *root, const char *key, struct service_process *service)
{
    if (service->line.count == 0)
        return;
    cJSON *object = json_add_object(root, key);
    json_add_text(object, "end", *service->end ? service->end : NULL);
    json_add_number(object, "cpu_s", service->cpu_after_s - service->cpu_before_s);
    if (service->stats)
        cJSON_AddItemToObject(object, "stats", service->stats);
    service->stats = NULL;
}

static void add_generator(cJSON *root, const struct trial_facts *facts)
{
    cJSON *generator = json_add_object(root, "generator");
    json_add_number(generator, "cpu_s",
                    facts->generator_cpu_after_s - facts->generator_cpu_before_s);
    json_add_number(generator, "elapsed_s",
                    seconds_between(facts->before.cpu_at_ns, facts->after.cpu_at_ns));
}

/* ---- the whole -------------------------------------------------------------------- */

static void judge(const struct trial_setup *setup, const struct trial_facts *facts,
                  struct flags *flags, struct trial_outcome *outcome)
{
    *outcome = (struct trial_outcome){
        .failed = *facts->failure != '\0', .throughput_rps = NAN, .p99_ns = NAN};
    if (outcome->failed) {
        snprintf(outcome->reason, sizeof outcome->reason, "%s", facts->failure);
        return;
    }
    flag_generator(flags, setup, facts);
    flag_counts(flags, facts);
    flag_placement(flags, setup, facts);
    flag_services(flags, setup, facts);
    flag_machine(flags, facts);
    flag_restarts(flags, setup, facts);
    flag_ops(flags, facts);
    outcome->valid = !flags->invalid;
    outcome->throughput_rps = json_number(facts->load, "throughput_rps");
    outcome->p99_ns = json_number(json_at(facts->load, "latency_ns"), "p99");
    struct text reason = {0};
    const cJSON *flag;
    cJSON_ArrayForEach(flag, flags->array)
    {
        bool invalid = strcmp(json_string(flag, "severity"), "invalid") == 0;
        if (invalid || outcome->valid)
            text_printf(&reason, "%s%s", reason.length ? ", " : "",
                        json_string(flag, "code"));
    }
    snprintf(outcome->reason, sizeof outcome->reason, "%s", text_string(&reason));
    text_release(&reason);
}

cJSON *trial_record(const struct trial_setup *setup, struct trial_facts *facts,
                    struct trial_outcome *outcome)
{
    struct flags flags = {.array = cJSON_CreateArray()};
    judge(setup, facts, &flags, outcome);
    cJSON *root = cJSON_CreateObject();
    add_setup(root, setup, facts);
    cJSON_AddStringToObject(root, "status", outcome->failed ? "failed" : "measured");
    json_add_text(root, "reason", outcome->failed ? facts->failure : NULL);
    json_add_text(root, "last_output", outcome->failed ? facts->last_output : NULL);
    json_add_bool(root, "valid", outcome->valid);
    cJSON_AddItemToObject(root, "flags", flags.array);
    cJSON_AddItemToObject(root, "load", facts->load ? facts->load : cJSON_CreateNull());
    facts->load = NULL;
    add_server(root, facts);
    add_service(root, "backend", &facts->services->backend);
    add_service(root, "database", &facts->services->database);
    if (facts->measured) {
        add_generator(root, facts);
        cJSON_AddItemToObject(
            root, "machine",
            counters_delta_json(&facts->machine_before, &facts->machine_after));
    }
    return root;
}

char *trial_series_csv(const cJSON *load)
{
    struct text csv = {0};
    const cJSON *interval, *value;
    cJSON_ArrayForEach(interval, json_at(load, "series"))
    {
        if (!csv.length) {
            cJSON_ArrayForEach(value, interval)
                text_printf(&csv, "%s%s", csv.length ? "," : "", value->string);
            text_append_string(&csv, "\n");
        }
        cJSON_ArrayForEach(value, interval)
        {
            text_append_string(&csv, value->prev && value != interval->child ? "," : "");
            if (cJSON_IsNumber(value))
                text_printf(&csv, "%.12g", value->valuedouble);
        }
        text_append_string(&csv, "\n");
    }
    return text_steal(&csv);
}
