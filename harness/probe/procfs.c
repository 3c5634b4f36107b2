/* procfs.c - see procfs.h. */
#include "harness/probe/procfs.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/key_value.h"
#include "base/text.h"

static char *read_process_file(pid_t pid, const char *name)
{
    char path[320], *content = NULL;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return file_read(path, &content, NULL, NULL) < 0 ? NULL : content;
}

/*
 * The fields of /proc/PID/stat after the command, which may contain anything: they
 * begin after the last ")". Fields are numbered as in proc(5), from 3 on.
 */
static const char *stat_field(const char *stat, int number)
{
    const char *p = strrchr(stat, ')');
    for (int field = 2; p && field < number; field++) {
        p = strchr(p, ' ');
        p = p ? p + 1 : NULL;
    }
    return p;
}

#define STAT_PARENT 4
#define STAT_GROUP  5
#define STAT_USER   14 /* then system, and both of the children that were reaped */

/* A process number in /proc/PID/stat, or -1. */
static pid_t stat_number(pid_t pid, int number)
{
    char *stat = read_process_file(pid, "stat");
    const char *field = stat ? stat_field(stat, number) : NULL;
    pid_t value = field ? (pid_t)strtol(field, NULL, 10) : -1;
    free(stat);
    return value;
}

/* All processes of the machine of which `wanted` says so. */
static void find_processes(struct process_group *group,
                           bool (*wanted)(const struct process_group *group, pid_t pid))
{
    group->count = 0;
    DIR *folder = opendir("/proc");
    if (!folder)
        return;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (*end || pid <= 0 || !wanted(group, (pid_t)pid))
            continue;
        group->pids =
            memory_resize(group->pids, (group->count + 1) * sizeof *group->pids);
        group->pids[group->count++] = (pid_t)pid;
    }
    closedir(folder);
}

static bool is_member(const struct process_group *group, pid_t pid)
{
    return stat_number(pid, STAT_GROUP) == group->leader;
}

void process_group_find(struct process_group *group, pid_t leader)
{
    group->leader = leader;
    find_processes(group, is_member);
}

/* The ancestors are few: from the process up to the root, or to the first of all. */
static bool is_descendant(const struct process_group *group, pid_t pid)
{
    while (pid > 1 && pid != group->leader)
        pid = stat_number(pid, STAT_PARENT);
    return pid == group->leader;
}

double process_tree_cpu_s(pid_t root)
{
    struct process_group tree = {.leader = root};
    find_processes(&tree, is_descendant);
    double cpu_s = tree.count ? 0 : (double)NAN;
    for (size_t i = 0; i < tree.count; i++) {
        uint64_t cpu_ns;
        /* One that has ended since is in nobody's account any more. */
        if (clock_process_cpu_ns(tree.pids[i], &cpu_ns) == 0)
            cpu_s += (double)cpu_ns / (double)NS_PER_S;
    }
    process_group_release(&tree);
    return cpu_s;
}

void process_group_release(struct process_group *group)
{
    free(group->pids);
    *group = (struct process_group){0};
}

/* A time in /proc/PID/stat; 0 where the process has ended meanwhile. */
static double stat_seconds(const char *stat, int number)
{
    const char *field = stat ? stat_field(stat, number) : NULL;
    return field ? strtod(field, NULL) / (double)sysconf(_SC_CLK_TCK) : 0;
}

static void add_cpu(pid_t pid, struct process_sample *sample)
{
    uint64_t cpu_ns;
    if (clock_process_cpu_ns(pid, &cpu_ns) == 0)
        sample->cpu_s += (double)cpu_ns / (double)NS_PER_S;
    char *stat = read_process_file(pid, "stat");
    /* Its own, and then what its children had used by their end. */
    double user_s = stat_seconds(stat, STAT_USER),
           system_s = stat_seconds(stat, STAT_USER + 1),
           ended_user_s = stat_seconds(stat, STAT_USER + 2),
           ended_system_s = stat_seconds(stat, STAT_USER + 3);
    sample->user_s += user_s + ended_user_s;
    sample->system_s += system_s + ended_system_s;
    sample->ended_cpu_s += ended_user_s + ended_system_s;
    sample->cpu_s += ended_user_s + ended_system_s;
    free(stat);
}

#define LEAST_STACK_BYTES 4096.0
#define MOST_STACK_BYTES  65536.0

double kernel_stack_bytes_of(const char *meminfo, const char *loadavg)
{
    /* "0.20 0.18 0.12 RUNNING/THREADS LAST_PID" */
    const char *threads = strchr(loadavg, '/');
    double stacks_bytes = key_value_number(meminfo, "KernelStack") * 1024;
    double each = threads ? stacks_bytes / strtod(threads + 1, NULL) : (double)NAN;
    double nearest = exp2(round(log2(each)));
    return nearest >= LEAST_STACK_BYTES && nearest <= MOST_STACK_BYTES ? nearest
                                                                       : (double)NAN;
}

double kernel_stack_bytes(void)
{
    char *meminfo = NULL, *loadavg = NULL;
    double bytes = file_read("/proc/meminfo", &meminfo, NULL, NULL) == 0 &&
                           file_read("/proc/loadavg", &loadavg, NULL, NULL) == 0
                       ? kernel_stack_bytes_of(meminfo, loadavg)
                       : (double)NAN;
    free(meminfo);
    free(loadavg);
    return bytes;
}

static void add_memory(pid_t pid, struct process_sample *sample)
{
    char *status = read_process_file(pid, "status");
    double own_anon = NAN;
    if (status) {
        sample->page_table_bytes += key_value_number(status, "VmPTE") * 1024;
        own_anon = key_value_number(status, "RssAnon");
        sample->threads += key_value_number(status, "Threads");
        sample->rss_bytes += key_value_number(status, "VmRSS") * 1024;
        sample->rss_peak_bytes += key_value_number(status, "VmHWM") * 1024;
    }
    free(status);
    char *rollup = read_process_file(pid, "smaps_rollup");
    sample->pss_bytes += rollup ? key_value_number(rollup, "Pss") * 1024 : (double)NAN;
    double anon = rollup ? key_value_number(rollup, "Pss_Anon") : (double)NAN;
    sample->anon_bytes += (isnan(anon) ? own_anon : anon) * 1024;
    free(rollup);
}

/* Hands `add` this file of each thread that is there. */
static void read_threads(pid_t pid, const char *file,
                         void (*add)(const char *content, void *sum), void *sum)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        char name[288];
        snprintf(name, sizeof name, "task/%s/%s", entry->d_name, file);
        char *content = read_process_file(pid, name);
        if (content)
            add(content, sum);
        free(content);
    }
    if (folder)
        closedir(folder);
}

static void add_thread_switches(const char *status, void *sum)
{
    struct process_sample *sample = sum;
    sample->voluntary_switches += key_value_number(status, "voluntary_ctxt_switches");
    sample->involuntary_switches +=
        key_value_number(status, "nonvoluntary_ctxt_switches");
}

/* "ON_CPU WAITED SLICES", times in nanoseconds. */
static void add_thread_delay(const char *schedstat, void *sum)
{
    double *seconds = sum;
    char *waited;
    (void)strtod(schedstat, &waited);
    double delay_s = strtod(waited, NULL) / (double)NS_PER_S;
    *seconds = isnan(*seconds) ? delay_s : *seconds + delay_s;
}

double process_run_delay_s(pid_t pid)
{
    double seconds = NAN;
    read_threads(pid, "schedstat", add_thread_delay, &seconds);
    return seconds;
}

void process_group_sample_time(const struct process_group *group,
                               struct process_sample *sample)
{
    *sample = (struct process_sample){.processes = (double)group->count};
    sample->cpu_at_ns = clock_now_ns();
    for (size_t i = 0; i < group->count; i++)
        add_cpu(group->pids[i], sample);
    uint64_t start_ns = clock_now_ns();
    for (size_t i = 0; i < group->count; i++)
        read_threads(group->pids[i], "status", add_thread_switches, sample);
    for (size_t i = 0; i < group->count; i++)
        sample->run_delay_s += process_run_delay_s(group->pids[i]);
    sample->switches_at_ns = start_ns + (clock_now_ns() - start_ns) / 2;
}

void process_group_sample(const struct process_group *group,
                          struct process_sample *sample)
{
    process_group_sample_time(group, sample);
    for (size_t i = 0; i < group->count; i++)
        add_memory(group->pids[i], sample);
    sample->kernel_stack_bytes = sample->threads * kernel_stack_bytes();
}

void process_group_glance(const struct process_group *group, double *threads,
                          double *rss_bytes)
{
    struct process_sample sample = {0};
    for (size_t i = 0; i < group->count; i++) {
        char *status = read_process_file(group->pids[i], "status");
        if (status) {
            sample.threads += key_value_number(status, "Threads");
            sample.rss_bytes += key_value_number(status, "VmRSS") * 1024;
        }
        free(status);
    }
    *threads = sample.threads;
    *rss_bytes = sample.rss_bytes;
}
