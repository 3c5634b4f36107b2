/* machine.c - see machine.h. */
#include "harness/probe/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <gnu/libc-version.h>
#include <llhttp/llhttp.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

#include "base/build.h"
#include "base/cgroup.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/file.h"
#include "base/key_value.h"
#include "base/sha256.h"
#include "base/text.h"

#define MAX_CACHES 8

/* ---- facts that are files: one line each ------------------------------------------ */

enum fact_type {
    FACT_TEXT,   /* the first line */
    FACT_NUMBER, /* the number at its beginning */
    FACT_CHOICE, /* the word in brackets of "always [madvise] never" */
};

struct fact {
    size_t offset; /* in struct environment: of a text, or of a number */
    const char *path;
    enum fact_type type;
};

#define FACT(member) offsetof(struct environment, member)
#define CPU0         "/sys/devices/system/cpu/cpu0"
#define IPV4         "/proc/sys/net/ipv4"

static const struct fact facts[] = {
    {FACT(cpu.smt), "/sys/devices/system/cpu/smt/active", FACT_NUMBER},
    {FACT(cpu.frequency_driver), CPU0 "/cpufreq/scaling_driver", FACT_TEXT},
    {FACT(cpu.governor), CPU0 "/cpufreq/scaling_governor", FACT_TEXT},
    {FACT(cpu.minimum_khz), CPU0 "/cpufreq/scaling_min_freq", FACT_NUMBER},
    {FACT(cpu.maximum_khz), CPU0 "/cpufreq/scaling_max_freq", FACT_NUMBER},
    {FACT(cpu.boost), "/sys/devices/system/cpu/cpufreq/boost", FACT_NUMBER},
    {FACT(cpu.intel_no_turbo), "/sys/devices/system/cpu/intel_pstate/no_turbo",
     FACT_NUMBER},
    {FACT(cpu.isolated), "/sys/devices/system/cpu/isolated", FACT_TEXT},
    {FACT(cpu.nohz_full), "/sys/devices/system/cpu/nohz_full", FACT_TEXT},
    {FACT(cpu.idle_driver), "/sys/devices/system/cpu/cpuidle/current_driver", FACT_TEXT},
    {FACT(cpu.numa_nodes), "/sys/devices/system/node/online", FACT_TEXT},
    {FACT(kernel.command_line), "/proc/cmdline", FACT_TEXT},
    {FACT(kernel.clock_source),
     "/sys/devices/system/clocksource/clocksource0/current_clocksource", FACT_TEXT},
    {FACT(kernel.transparent_hugepages), "/sys/kernel/mm/transparent_hugepage/enabled",
     FACT_CHOICE},
    {FACT(kernel.max_map_count), "/proc/sys/vm/max_map_count", FACT_NUMBER},
    {FACT(kernel.pid_max), "/proc/sys/kernel/pid_max", FACT_NUMBER},
    {FACT(kernel.threads_max), "/proc/sys/kernel/threads-max", FACT_NUMBER},
    {FACT(kernel.sched_autogroup), "/proc/sys/kernel/sched_autogroup_enabled",
     FACT_NUMBER},
    {FACT(network.somaxconn), "/proc/sys/net/core/somaxconn", FACT_NUMBER},
    {FACT(network.tcp_max_syn_backlog), IPV4 "/tcp_max_syn_backlog", FACT_NUMBER},
    {FACT(network.tcp_tw_reuse), IPV4 "/tcp_tw_reuse", FACT_NUMBER},
    {FACT(network.tcp_congestion_control), IPV4 "/tcp_congestion_control", FACT_TEXT},
    {FACT(network.tcp_rmem), IPV4 "/tcp_rmem", FACT_TEXT},
    {FACT(network.tcp_wmem), IPV4 "/tcp_wmem", FACT_TEXT},
    {FACT(network.loopback_mtu), "/sys/class/net/lo/mtu", FACT_NUMBER},
    {FACT(hypervisor.type), "/sys/hypervisor/type", FACT_TEXT},
    {FACT(hypervisor.vendor), "/sys/class/dmi/id/sys_vendor", FACT_TEXT},
    {FACT(hypervisor.product), "/sys/class/dmi/id/product_name", FACT_TEXT},
};

/* The first line of a file, on the heap; NULL where it cannot be read or is empty. */
static char *first_line(const char *path)
{
    char *content;
    if (file_read(path, &content, NULL, NULL) < 0)
        return NULL;
    content[strcspn(content, "\n")] = '\0';
    for (char *p = content; *p; p++)
        *p = *p == '\t' ? ' ' : *p;
    if (*content)
        return content;
    free(content);
    return NULL;
}

static double number_of(const char *line)
{
    char *end = NULL;
    double number = line ? strtod(line, &end) : (double)NAN;
    return end != line ? number : (double)NAN;
}

/* "madvise" of "always [madvise] never". */
static char *choice_of(char *line)
{
    char *open = line ? strchr(line, '[') : NULL;
    if (!open)
        return line;
    char *choice = memory_printf("%.*s", (int)strcspn(open + 1, "]"), open + 1);
    free(line);
    return choice;
}

static void find_fact(struct environment *environment, const struct fact *fact)
{
    void *member = (char *)environment + fact->offset;
    char *line = first_line(fact->path);
    if (fact->type != FACT_NUMBER) {
        *(char **)member = fact->type == FACT_CHOICE ? choice_of(line) : line;
        return;
    }
    *(double *)member = number_of(line);
    free(line);
}

/* ---- facts that take a look ------------------------------------------------------- */

/* NULL where the content is. */
static char *find_line(const char *content, const char *key)
{
    return content ? key_value_text(content, key) : NULL;
}

static char **find_caches(void)
{
    static const char *const parts[] = {"level", "type", "size", "shared_cpu_list"};
    char **caches = memory_allocate_zeroed(MAX_CACHES + 1, sizeof *caches);
    size_t count = 0;
    for (int i = 0; i < MAX_CACHES; i++) {
        char path[128];
        struct text cache = {0};
        for (size_t part = 0; part < 4; part++) {
            snprintf(path, sizeof path, CPU0 "/cache/index%d/%s", i, parts[part]);
            char *line = first_line(path);
            if (line)
                text_printf(&cache, "%s%s", part ? " " : "L", line);
            free(line);
        }
        if (cache.length)
            caches[count++] = text_steal(&cache);
        text_release(&cache);
    }
    return caches;
}

static void find_topology(struct environment_cpu *cpu)
{
    cpu_set_t allowed;
    cpus_allowed(&allowed);
    char list[CPUS_TEXT_BYTES];
    cpu->online = (double)sysconf(_SC_NPROCESSORS_ONLN);
    cpu->allowed = memory_copy_string(cpus_format(&allowed, list, sizeof list));
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, &allowed))
            continue;
        char path[128], name[32];
        snprintf(path, sizeof path,
                 "/sys/devices/system/cpu/cpu%zu/topology/thread_siblings_list", i);
        snprintf(name, sizeof name, "%zu", i);
        char *line = first_line(path);
        named_texts_add(&cpu->siblings, name, line);
        free(line);
    }
}

static void find_mitigations(struct named_texts *mitigations)
{
    const char *folder_path = "/sys/devices/system/cpu/vulnerabilities";
    DIR *folder = opendir(folder_path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = memory_printf("%s/%s", folder_path, entry->d_name);
        char *line = first_line(path);
        named_texts_add(mitigations, entry->d_name, line);
        free(line);
        free(path);
    }
    if (folder)
        closedir(folder);
}

/* A file's content on the heap, or NULL. */
static char *content_of(const char *path)
{
    char *content;
    return file_read(path, &content, NULL, NULL) < 0 ? NULL : content;
}

static void find_cpu(struct environment *environment)
{
    struct environment_cpu *cpu = &environment->cpu;
    char *info = content_of("/proc/cpuinfo");
    cpu->model = find_line(info, "model name");
    cpu->vendor = find_line(info, "vendor_id");
    cpu->microcode = find_line(info, "microcode");
    cpu->mhz = find_line(info, "cpu MHz");
    environment->hypervisor.present = info && strstr(info, " hypervisor ");
    free(info);
    find_topology(cpu);
    cpu->caches = find_caches();
    find_mitigations(&cpu->mitigations);
}

static void find_kernel(struct environment *environment)
{
    struct environment_kernel *kernel = &environment->kernel;
    struct utsname name;
    uname(&name);
    kernel->schedstat = access("/proc/self/schedstat", R_OK) == 0;
    kernel->release = memory_copy_string(name.release);
    kernel->version = memory_copy_string(name.version);
    kernel->machine = memory_copy_string(name.machine);
    char *release = content_of("/etc/os-release");
    kernel->distribution = find_line(release, "PRETTY_NAME");
    free(release);
    double load[1];
    if (getloadavg(load, 1) == 1)
        kernel->load_average_1min = load[0];
    char *ports = first_line(IPV4 "/ip_local_port_range");
    if (ports) {
        char *end;
        environment->network.ports_low = strtod(ports, &end);
        environment->network.ports_high = strtod(end, NULL);
    }
    free(ports);
}

static double kib_of(const char *content, const char *key)
{
    return content ? key_value_number(content, key) * 1024 : (double)NAN;
}

static void find_memory(struct environment_memory *memory)
{
    char *info = content_of("/proc/meminfo");
    memory->total_bytes = kib_of(info, "MemTotal");
    memory->available_bytes = kib_of(info, "MemAvailable");
    memory->swap_total_bytes = kib_of(info, "SwapTotal");
    memory->swap_free_bytes = kib_of(info, "SwapFree");
    free(info);
}

static void find_limit(__rlimit_resource_t resource, double *soft, double *hard)
{
    struct rlimit limit;
    getrlimit(resource, &limit);
    *soft = limit.rlim_cur == RLIM_INFINITY ? (double)NAN : (double)limit.rlim_cur;
    *hard = limit.rlim_max == RLIM_INFINITY ? (double)NAN : (double)limit.rlim_max;
}

static char *cgroup_line(const char *controller, const char *file)
{
    char *content = NULL;
    if (cgroup_read(&cgroup_system, controller, file, &content) == 0)
        content[strcspn(content, "\n")] = '\0';
    return content;
}

static void find_limits(struct environment_limits *limits)
{
    find_limit(RLIMIT_NOFILE, &limits->nofile, &limits->nofile_hard);
    find_limit(RLIMIT_NPROC, &limits->nproc, &limits->nproc_hard);
    find_limit(RLIMIT_STACK, &limits->stack_bytes, &limits->stack_hard_bytes);
    limits->cgroup_cpu_max = cgroup_line("cpu", "cpu.max");
    limits->cgroup_cpu_quota_us = cgroup_line("cpu", "cpu.cfs_quota_us");
    double cpus = cgroup_cpu_quota(&cgroup_system);
    limits->cgroup_cpus = isfinite(cpus) ? cpus : (double)NAN;
    limits->cgroup_memory_max = cgroup_line("memory", "memory.max");
    limits->cgroup_memory_limit_bytes = cgroup_line("memory", "memory.limit_in_bytes");
    limits->cgroup_pids_max = cgroup_line("pids", "pids.max");
}

static char *text_or_null(const char *text)
{
    return *text ? memory_copy_string(text) : NULL;
}

/* What was built, from what, with what. */
static void find_tool(struct environment_tool *tool)
{
    char llhttp[48], sum[SHA256_TEXT_BYTES];
    tool->version = memory_copy_string(build.version);
    tool->commit = text_or_null(build.commit);
    tool->compiler = text_or_null(build.compiler);
    tool->flags = text_or_null(build.flags);
    tool->measurable = build.measurable;
    named_texts_add(&tool->libraries, "libc", gnu_get_libc_version());
    named_texts_add(&tool->libraries, "libuv", uv_version_string());
    named_texts_add(&tool->libraries, "cjson", cJSON_Version());
    named_texts_add(&tool->libraries, "zlib", zlibVersion());
    snprintf(llhttp, sizeof llhttp, "%d.%d.%d", LLHTTP_VERSION_MAJOR,
             LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH);
    named_texts_add(&tool->libraries, "llhttp", llhttp);
    if (sha256_file("/proc/self/exe", sum, NULL) == 0)
        tool->binary_sha256 = memory_copy_string(sum);
}

void machine_describe(struct environment *environment)
{
    char when[32], host[64];
    environment_init(environment);
    clock_utc_text(when, sizeof when, 0);
    environment->recorded_utc = memory_copy_string(when);
    machine_host(host, sizeof host);
    environment->host = memory_copy_string(host);
    find_cpu(environment);
    find_kernel(environment);
    find_memory(&environment->memory);
    find_limits(&environment->limits);
    find_tool(&environment->tool);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        find_fact(environment, &facts[i]);
}

void machine_host(char *name, unsigned long bytes)
{
    struct utsname known;
    uname(&known);
    snprintf(name, bytes, "%s", known.nodename);
    name[strcspn(name, ".")] = '\0';
    for (char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p))
            *p = '-';
}
