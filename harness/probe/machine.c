/* machine.c - see machine.h. */
#include "harness/probe/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <gnu/libc-version.h>
#include <llhttp/llhttp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

#include "base/build.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/file.h"
#include "base/json.h"
#include "base/key_value.h"
#include "base/sha256.h"
#include "base/text.h"
#include "harness/probe/cgroup.h"

/* ---- facts that are files: one line each ------------------------------------------ */

enum fact_type {
    FACT_TEXT,   /* the first line */
    FACT_NUMBER, /* the number at its beginning */
    FACT_CHOICE, /* the word in brackets of "always [madvise] never" */
};

struct fact {
    const char *group, *key, *path;
    enum fact_type type;
};

#define CPU0 "/sys/devices/system/cpu/cpu0"
#define IPV4 "/proc/sys/net/ipv4"

static const struct fact facts[] = {
    {"cpu", "smt", "/sys/devices/system/cpu/smt/active", FACT_NUMBER},
    {"cpu", "frequency_driver", CPU0 "/cpufreq/scaling_driver", FACT_TEXT},
    {"cpu", "governor", CPU0 "/cpufreq/scaling_governor", FACT_TEXT},
    {"cpu", "minimum_khz", CPU0 "/cpufreq/scaling_min_freq", FACT_NUMBER},
    {"cpu", "maximum_khz", CPU0 "/cpufreq/scaling_max_freq", FACT_NUMBER},
    {"cpu", "boost", "/sys/devices/system/cpu/cpufreq/boost", FACT_NUMBER},
    {"cpu", "intel_no_turbo", "/sys/devices/system/cpu/intel_pstate/no_turbo",
     FACT_NUMBER},
    {"cpu", "isolated", "/sys/devices/system/cpu/isolated", FACT_TEXT},
    {"cpu", "nohz_full", "/sys/devices/system/cpu/nohz_full", FACT_TEXT},
    {"cpu", "idle_driver", "/sys/devices/system/cpu/cpuidle/current_driver", FACT_TEXT},
    {"cpu", "numa_nodes", "/sys/devices/system/node/online", FACT_TEXT},
    {"kernel", "command_line", "/proc/cmdline", FACT_TEXT},
    {"kernel", "clock_source",
     "/sys/devices/system/clocksource/clocksource0/current_clocksource", FACT_TEXT},
    {"kernel", "transparent_hugepages", "/sys/kernel/mm/transparent_hugepage/enabled",
     FACT_CHOICE},
    {"kernel", "max_map_count", "/proc/sys/vm/max_map_count", FACT_NUMBER},
    {"kernel", "pid_max", "/proc/sys/kernel/pid_max", FACT_NUMBER},
    {"kernel", "threads_max", "/proc/sys/kernel/threads-max", FACT_NUMBER},
    {"kernel", "sched_autogroup", "/proc/sys/kernel/sched_autogroup_enabled",
     FACT_NUMBER},
    {"network", "somaxconn", "/proc/sys/net/core/somaxconn", FACT_NUMBER},
    {"network", "tcp_max_syn_backlog", IPV4 "/tcp_max_syn_backlog", FACT_NUMBER},
    {"network", "tcp_tw_reuse", IPV4 "/tcp_tw_reuse", FACT_NUMBER},
    {"network", "tcp_congestion_control", IPV4 "/tcp_congestion_control", FACT_TEXT},
    {"network", "tcp_rmem", IPV4 "/tcp_rmem", FACT_TEXT},
    {"network", "tcp_wmem", IPV4 "/tcp_wmem", FACT_TEXT},
    {"network", "loopback_mtu", "/sys/class/net/lo/mtu", FACT_NUMBER},
    {"hypervisor", "type", "/sys/hypervisor/type", FACT_TEXT},
    {"hypervisor", "vendor", "/sys/class/dmi/id/sys_vendor", FACT_TEXT},
    {"hypervisor", "product", "/sys/class/dmi/id/product_name", FACT_TEXT},
    {NULL, NULL, NULL, FACT_TEXT},
};

/* The object of that name in `root`, made where it is missing. */
static cJSON *group_of(cJSON *root, const char *group)
{
    cJSON *object = cJSON_GetObjectItemCaseSensitive(root, group);
    return object ? object : json_add_object(root, group);
}

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

static void add_fact(cJSON *root, const struct fact *fact)
{
    cJSON *group = group_of(root, fact->group);
    char *line = first_line(fact->path);
    if (fact->type == FACT_NUMBER) {
        char *end = line;
        double number = line ? strtod(line, &end) : (double)NAN;
        json_add_number(group, fact->key, end != line ? number : (double)NAN);
    } else {
        char *open = line && fact->type == FACT_CHOICE ? strchr(line, '[') : NULL;
        if (open)
            open[strcspn(open, "]")] = '\0';
        json_add_text(group, fact->key, open ? open + 1 : line);
    }
    free(line);
}

/* ---- facts that take a look ------------------------------------------------------- */

static void add_line_text(cJSON *object, const char *key, const char *content,
                          const char *line)
{
    char *value = content ? key_value_text(content, line) : NULL;
    json_add_text(object, key, value);
    free(value);
}

static void add_caches(cJSON *cpu)
{
    cJSON *caches = json_add_array(cpu, "caches");
    for (int i = 0; i < 8; i++) {
        char path[128];
        struct text cache = {0};
        static const char *const parts[] = {"level", "type", "size", "shared_cpu_list"};
        for (size_t part = 0; part < 4; part++) {
            snprintf(path, sizeof path, CPU0 "/cache/index%d/%s", i, parts[part]);
            char *line = first_line(path);
            if (line)
                text_printf(&cache, "%s%s", part ? " " : "L", line);
            free(line);
        }
        if (cache.length)
            cJSON_AddItemToArray(caches, cJSON_CreateString(text_string(&cache)));
        text_release(&cache);
    }
}

static void add_topology(cJSON *cpu)
{
    cpu_set_t allowed;
    cpus_allowed(&allowed);
    char list[CPUS_TEXT_BYTES];
    cJSON_AddNumberToObject(cpu, "online", (double)sysconf(_SC_NPROCESSORS_ONLN));
    cJSON_AddStringToObject(cpu, "allowed", cpus_format(&allowed, list, sizeof list));
    cJSON *siblings = json_add_object(cpu, "siblings");
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, &allowed))
            continue;
        char path[128], name[32];
        snprintf(path, sizeof path,
                 "/sys/devices/system/cpu/cpu%zu/topology/thread_siblings_list", i);
        snprintf(name, sizeof name, "%zu", i);
        char *line = first_line(path);
        json_add_text(siblings, name, line);
        free(line);
    }
}

static void add_vulnerabilities(cJSON *cpu)
{
    cJSON *object = json_add_object(cpu, "mitigations");
    const char *folder_path = "/sys/devices/system/cpu/vulnerabilities";
    DIR *folder = opendir(folder_path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = memory_printf("%s/%s", folder_path, entry->d_name);
        char *line = first_line(path);
        json_add_text(object, entry->d_name, line);
        free(line);
        free(path);
    }
    if (folder)
        closedir(folder);
}

static void add_cpu(cJSON *root)
{
    cJSON *cpu = group_of(root, "cpu");
    char *info = NULL;
    if (file_read("/proc/cpuinfo", &info, NULL, NULL) < 0)
        info = NULL;
    add_line_text(cpu, "model", info, "model name");
    add_line_text(cpu, "vendor", info, "vendor_id");
    add_line_text(cpu, "microcode", info, "microcode");
    add_line_text(cpu, "mhz", info, "cpu MHz");
    json_add_bool(group_of(root, "hypervisor"), "present",
                  info && strstr(info, " hypervisor "));
    free(info);
    add_topology(cpu);
    add_caches(cpu);
    add_vulnerabilities(cpu);
}

static void add_kernel(cJSON *root)
{
    cJSON *kernel = group_of(root, "kernel");
    struct utsname name;
    uname(&name);
    cJSON_AddStringToObject(kernel, "release", name.release);
    cJSON_AddStringToObject(kernel, "version", name.version);
    cJSON_AddStringToObject(kernel, "machine", name.machine);
    char *release = NULL;
    if (file_read("/etc/os-release", &release, NULL, NULL) < 0)
        release = NULL;
    add_line_text(kernel, "distribution", release, "PRETTY_NAME");
    free(release);
    char *ports = first_line(IPV4 "/ip_local_port_range");
    double low = NAN, high = NAN;
    if (ports) {
        char *end;
        low = strtod(ports, &end);
        high = strtod(end, NULL);
    }
    free(ports);
    json_add_number(group_of(root, "network"), "ports_low", low);
    json_add_number(group_of(root, "network"), "ports_high", high);
}

static void add_memory(cJSON *root)
{
    cJSON *memory = group_of(root, "memory");
    static const struct {
        const char *key, *line;
    } sizes[] = {{"total_bytes", "MemTotal"},
                 {"available_bytes", "MemAvailable"},
                 {"swap_total_bytes", "SwapTotal"},
                 {"swap_free_bytes", "SwapFree"}};
    char *info = NULL;
    if (file_read("/proc/meminfo", &info, NULL, NULL) < 0)
        info = NULL;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        json_add_number(memory, sizes[i].key,
                        info ? key_value_number(info, sizes[i].line) * 1024
                             : (double)NAN);
    free(info);
    double load[1] = {NAN};
    if (getloadavg(load, 1) != 1)
        load[0] = NAN;
    json_add_number(group_of(root, "kernel"), "load_average_1min", load[0]);
}

static double limit_or_nan(rlim_t limit)
{
    return limit == RLIM_INFINITY ? (double)NAN : (double)limit;
}

static void add_limits(cJSON *root)
{
    cJSON *limits = group_of(root, "limits");
    static const struct {
        const char *soft, *hard;
        __rlimit_resource_t resource;
    } kinds[] = {{"nofile", "nofile_hard", RLIMIT_NOFILE},
                 {"nproc", "nproc_hard", RLIMIT_NPROC},
                 {"stack_bytes", "stack_hard_bytes", RLIMIT_STACK}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct rlimit limit;
        getrlimit(kinds[i].resource, &limit);
        json_add_number(limits, kinds[i].soft, limit_or_nan(limit.rlim_cur));
        json_add_number(limits, kinds[i].hard, limit_or_nan(limit.rlim_max));
    }
    static const struct {
        const char *key, *controller, *file;
    } groups[] = {{"cgroup_cpu_max", "cpu", "cpu.max"},
                  {"cgroup_cpu_quota_us", "cpu", "cpu.cfs_quota_us"},
                  {"cgroup_memory_max", "memory", "memory.max"},
                  {"cgroup_memory_limit_bytes", "memory", "memory.limit_in_bytes"},
                  {"cgroup_pids_max", "pids", "pids.max"}};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        char *content = NULL;
        if (cgroup_read(groups[i].controller, groups[i].file, &content) == 0)
            content[strcspn(content, "\n")] = '\0';
        json_add_text(limits, groups[i].key, content);
        free(content);
    }
}

/* What was built, from what, with what. */
static void add_tool(cJSON *root)
{
    cJSON *tool = group_of(root, "tool");
    cJSON_AddStringToObject(tool, "version", build.version);
    json_add_text(tool, "commit", *build.commit ? build.commit : NULL);
    json_add_text(tool, "compiler", *build.compiler ? build.compiler : NULL);
    json_add_text(tool, "flags", *build.flags ? build.flags : NULL);
    json_add_bool(tool, "measurable", build.measurable);
    cJSON *libraries = json_add_object(tool, "libraries");
    cJSON_AddStringToObject(libraries, "libc", gnu_get_libc_version());
    cJSON_AddStringToObject(libraries, "libuv", uv_version_string());
    cJSON_AddStringToObject(libraries, "cjson", cJSON_Version());
    cJSON_AddStringToObject(libraries, "zlib", zlibVersion());
    char version[48];
    snprintf(version, sizeof version, "%d.%d.%d", LLHTTP_VERSION_MAJOR,
             LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH);
    cJSON_AddStringToObject(libraries, "llhttp", version);
    char sum[SHA256_TEXT_BYTES];
    bool known = sha256_file("/proc/self/exe", sum, NULL) == 0;
    json_add_text(tool, "binary_sha256", known ? sum : NULL);
}

cJSON *machine_describe(void)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema_version", 1);
    char when[32], host[64];
    clock_utc_text(when, sizeof when, 0);
    cJSON_AddStringToObject(root, "recorded_utc", when);
    machine_host(host, sizeof host);
    cJSON_AddStringToObject(root, "host", host);
    add_cpu(root);
    add_kernel(root);
    add_memory(root);
    add_limits(root);
    add_tool(root);
    for (const struct fact *fact = facts; fact->group; fact++)
        add_fact(root, fact);
    return root;
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
