/* doctor.c - see doctor.h. */
#include "harness/probe/doctor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/json.h"
#include "base/text.h"

const char *const severity_names[] = {[SEVERITY_FINE] = "fine",
                                      [SEVERITY_UNKNOWN] = "unknown",
                                      [SEVERITY_WARNING] = "warning",
                                      [SEVERITY_INVALID] = "invalid",
                                      NULL};

/* Judges one thing; writes the message where it is not fine. */
typedef enum severity judge(const struct environment *environment, struct text *message);

struct check {
    const char *code;
    judge *judge;
    const char *remedy;
};

static enum severity judge_build(const struct environment *environment,
                                 struct text *message)
{
    if (environment->tool.measurable == 1)
        return SEVERITY_FINE;
    text_printf(message, "this is a debug or sanitizer build (%s)",
                environment->tool.flags ? environment->tool.flags : "flags not known");
    return SEVERITY_INVALID;
}

static enum severity judge_tree(const struct environment *environment,
                                struct text *message)
{
    const char *commit = environment->tool.commit;
    if (!commit)
        return SEVERITY_UNKNOWN;
    if (!strstr(commit, "-dirty"))
        return SEVERITY_FINE;
    text_printf(message, "built from a tree with changes that are not committed (%s)",
                commit);
    return SEVERITY_WARNING;
}

/* Fewer descriptors than the usual 1,000 connections + 64 need. */
static enum severity judge_descriptors(const struct environment *environment,
                                       struct text *message)
{
    double hard = environment->limits.nofile_hard;
    if (isnan(hard) || hard >= 20000)
        return SEVERITY_FINE;
    text_printf(message, "only %.0f open files are allowed, so at most %.0f connections",
                hard, hard - 64);
    return hard < 1000 + 64 ? SEVERITY_INVALID : SEVERITY_WARNING;
}

static enum severity judge_backlog(const struct environment *environment,
                                   struct text *message)
{
    double somaxconn = environment->network.somaxconn;
    if (isnan(somaxconn))
        return SEVERITY_UNKNOWN;
    if (somaxconn >= 4096)
        return SEVERITY_FINE;
    text_printf(message, "the listen backlog is capped at %.0f, below our 4096",
                somaxconn);
    return SEVERITY_WARNING;
}

static enum severity judge_ports(const struct environment *environment,
                                 struct text *message)
{
    double low = environment->network.ports_low;
    double high = environment->network.ports_high;
    if (isnan(low) || isnan(high))
        return SEVERITY_UNKNOWN;
    if (high - low >= 20000)
        return SEVERITY_FINE;
    text_printf(message, "only %.0f local ports for connections", high - low + 1);
    return SEVERITY_WARNING;
}

static enum severity judge_governor(const struct environment *environment,
                                    struct text *message)
{
    const char *governor = environment->cpu.governor;
    if (!governor)
        return SEVERITY_UNKNOWN;
    if (strcmp(governor, "performance") == 0)
        return SEVERITY_FINE;
    text_printf(message, "the CPU frequency governor is \"%s\"", governor);
    return SEVERITY_WARNING;
}

static enum severity judge_turbo(const struct environment *environment,
                                 struct text *message)
{
    double boost = environment->cpu.boost;
    double no_turbo = environment->cpu.intel_no_turbo;
    if (isnan(boost) && isnan(no_turbo))
        return SEVERITY_UNKNOWN;
    if (boost == 0 || no_turbo == 1)
        return SEVERITY_FINE;
    text_printf(message, "turbo is on: the clock depends on heat and on other cores");
    return SEVERITY_WARNING;
}

static enum severity judge_load(const struct environment *environment,
                                struct text *message)
{
    double load = environment->kernel.load_average_1min;
    if (isnan(load))
        return SEVERITY_UNKNOWN;
    if (load < 0.3)
        return SEVERITY_FINE;
    text_printf(message, "the machine is busy: load average %.2f", load);
    return SEVERITY_WARNING;
}

static enum severity judge_clock(const struct environment *environment,
                                 struct text *message)
{
    const char *source = environment->kernel.clock_source;
    if (!source)
        return SEVERITY_UNKNOWN;
    if (strcmp(source, "tsc") == 0 || strcmp(source, "kvm-clock") == 0 ||
        strcmp(source, "arch_sys_counter") == 0)
        return SEVERITY_FINE;
    text_printf(message, "the clock source is \"%s\", slow to read", source);
    return SEVERITY_WARNING;
}

static enum severity judge_memory(const struct environment *environment,
                                  struct text *message)
{
    double total = environment->memory.total_bytes;
    double available = environment->memory.available_bytes;
    if (isnan(total) || isnan(available))
        return SEVERITY_UNKNOWN;
    if (available >= 0.2 * total)
        return SEVERITY_FINE;
    text_printf(message, "only %.0f %% of the memory is free", 100 * available / total);
    return SEVERITY_WARNING;
}

static enum severity judge_swap(const struct environment *environment,
                                struct text *message)
{
    double total = environment->memory.swap_total_bytes;
    double left = environment->memory.swap_free_bytes;
    if (isnan(total) || isnan(left))
        return SEVERITY_UNKNOWN;
    if (total - left < 0.01 * total || total == 0)
        return SEVERITY_FINE;
    text_printf(message, "%.0f MiB are swapped out", (total - left) / (1024 * 1024));
    return SEVERITY_WARNING;
}

static enum severity judge_cores(const struct environment *environment,
                                 struct text *message)
{
    const char *allowed = environment->cpu.allowed;
    cpu_set_t set;
    if (!allowed || cpus_parse(allowed, &set, NULL) < 0)
        return SEVERITY_UNKNOWN;
    int cores = 0;
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &set))
            continue;
        char name[16];
        snprintf(name, sizeof name, "%zu", cpu);
        const char *siblings = named_texts_find(&environment->cpu.siblings, name);
        /* A core counts by its first sibling. */
        cores += !siblings || strtoul(siblings, NULL, 10) == cpu;
    }
    if (cores >= 2)
        return SEVERITY_FINE;
    text_printf(message, "server and generator share one physical core");
    return SEVERITY_WARNING;
}

/* Not told by an older environment: 0 is no quota either. */
static enum severity judge_quota(const struct environment *environment,
                                 struct text *message)
{
    double quota = environment->limits.cgroup_cpus;
    const char *allowed = environment->cpu.allowed;
    cpu_set_t set;
    if (!(quota > 0) || !allowed || cpus_parse(allowed, &set, NULL) < 0 ||
        quota >= CPU_COUNT(&set))
        return SEVERITY_FINE;
    text_printf(
        message,
        "the cgroup allows the CPU time of %.3g CPUs, of %d that may be used: what "
        "takes more is stopped until the next period",
        quota, CPU_COUNT(&set));
    return SEVERITY_WARNING;
}

static enum severity judge_delays(const struct environment *environment,
                                  struct text *message)
{
    double told = environment->kernel.schedstat;
    if (isnan(told))
        return SEVERITY_UNKNOWN;
    if (told == 1)
        return SEVERITY_FINE;
    text_printf(message, "the kernel does not tell how long threads wait for a CPU: "
                         "contention shows in the CPU time of others alone");
    return SEVERITY_WARNING;
}

static const struct check checks[] = {
    {"build", judge_build, "build with plain `make`"},
    {"dirty_tree", judge_tree, "commit first, so that the result names its source"},
    {"descriptors", judge_descriptors,
     "raise the limit: ulimit -Hn 65536 as root, or nofile in /etc/security/limits.conf"},
    {"backlog", judge_backlog, "sysctl net.core.somaxconn=4096"},
    {"ports", judge_ports, "sysctl net.ipv4.ip_local_port_range=\"10240 65000\""},
    {"cores", judge_cores, "use a machine, or allow this one, two physical cores"},
    {"cpu_quota", judge_quota, "raise the quota of the cgroup (cpu.max, docker --cpus)"},
    {"governor", judge_governor, "cpupower frequency-set -g performance"},
    {"turbo", judge_turbo, "echo 0 > /sys/devices/system/cpu/cpufreq/boost"},
    {"load", judge_load, "stop what else is running, or wait for it"},
    {"run_delays", judge_delays, "use a kernel that has /proc/PID/schedstat"},
    {"clock_source", judge_clock,
     "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"},
    {"memory", judge_memory, "free some memory"},
    {"swap", judge_swap, "swapoff -a, or free some memory"},
};

#define CHECKS (sizeof checks / sizeof *checks)

void doctor_examine(const struct environment *environment, struct findings *findings)
{
    *findings = (struct findings){
        .items = memory_allocate_zeroed(CHECKS, sizeof *findings->items),
        .count = CHECKS,
    };
    for (size_t i = 0; i < CHECKS; i++) {
        struct text message = {0};
        enum severity severity = checks[i].judge(environment, &message);
        bool bad = severity >= SEVERITY_WARNING;
        findings->items[i] = (struct finding){
            .code = checks[i].code,
            .severity = severity,
            .message = bad ? text_steal(&message) : NULL,
            .remedy = bad ? checks[i].remedy : NULL,
        };
        text_release(&message);
    }
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        free(findings->items[i].message);
    free(findings->items);
    *findings = (struct findings){0};
}

enum severity findings_worst(const struct findings *findings)
{
    enum severity worst = SEVERITY_FINE;
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].severity > worst)
            worst = findings->items[i].severity;
    return worst;
}

cJSON *findings_to_json(const struct findings *findings, enum severity least)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding->severity < least)
            continue;
        cJSON *item = cJSON_CreateObject();
        json_add_text(item, "code", finding->code);
        json_add_text(item, "severity", severity_names[finding->severity]);
        json_add_text(item, "message", finding->message);
        json_add_text(item, "remedy", finding->remedy);
        cJSON_AddItemToArray(array, item);
    }
    return array;
}
