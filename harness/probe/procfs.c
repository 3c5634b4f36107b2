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

char *process_read_file(pid_t pid, const char *name)
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
#define STAT_USER   14 /* then system, and both of the children that were reaped */

/* From the contents of /proc/PID/stat; -1: the process has ended. */
static pid_t parent_in(const char *stat)
{
    const char *field = stat ? stat_field(stat, STAT_PARENT) : NULL;
    return field ? (pid_t)strtol(field, NULL, 10) : -1;
}

static pid_t parent_of(pid_t pid)
{
    char *stat = process_read_file(pid, "stat");
    pid_t parent = parent_in(stat);
    free(stat);
    return parent;
}

static bool is_in_group(const struct process_group *group, pid_t pid)
{
    return getpgid(pid) == group->root;
}

/* The ancestors are few: from the process up to the root, or to the first of all. */
static bool is_descendant(const struct process_group *group, pid_t pid)
{
    while (pid > 1 && pid != group->root)
        pid = parent_of(pid);
    return pid == group->root;
}

static struct seen_process *find_seen(const struct process_group *group, pid_t pid)
{
    size_t low = 0, high = group->seen_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (group->seen[middle].pid == pid)
            return &group->seen[middle];
        if (group->seen[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/*
 * Looks at all processes of the machine that were not there at the last look: /proc lists
 * them in the order of their numbers, and so they are kept.
 */
static void look_around(struct process_group *group,
                        bool (*belongs)(const struct process_group *group, pid_t pid))
{
    DIR *folder = opendir("/proc");
    if (!folder)
        return;
    struct seen_process *before = group->seen;
    size_t before_count = group->seen_count, at = 0, capacity = 0;
    group->seen = NULL;
    group->seen_count = group->count = 0;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        char *end;
        pid_t pid = (pid_t)strtol(entry->d_name, &end, 10);
        if (*end || pid <= 0)
            continue;
        while (at < before_count && before[at].pid < pid)
            at++;
        struct seen_process seen = {.pid = pid, .reaps = pid == group->root};
        if (at < before_count && before[at].pid == pid)
            seen = before[at];
        else
            seen.belongs = belongs(group, pid);
        if (group->seen_count == capacity) {
            capacity = capacity ? 2 * capacity : before_count + 64;
            group->seen = memory_resize(group->seen, capacity * sizeof *group->seen);
        }
        group->seen[group->seen_count++] = seen;
        group->count += seen.belongs;
    }
    closedir(folder);
    free(before);
}

void process_group_find(struct process_group *group, pid_t leader)
{
    group->root = leader;
    look_around(group, is_in_group);
}

void process_tree_find(struct process_group *tree, pid_t root)
{
    tree->root = root;
    look_around(tree, is_descendant);
}

void process_group_release(struct process_group *group)
{
    free(group->seen);
    *group = (struct process_group){0};
}

/* A time in /proc/PID/stat; 0 where the process has ended meanwhile. */
static double stat_seconds(const char *stat, int number)
{
    const char *field = stat ? stat_field(stat, number) : NULL;
    return field ? strtod(field, NULL) / (double)sysconf(_SC_CLK_TCK) : 0;
}

static void add_cpu(const struct seen_process *process, struct process_sample *sample)
{
    uint64_t cpu_ns;
    /* One that has ended since is in its parent's account. */
    if (clock_process_cpu_ns(process->pid, &cpu_ns) == 0)
        sample->cpu_s += (double)cpu_ns / (double)NS_PER_S;
    if (!process->reaps)
        return;
    char *stat = process_read_file(process->pid, "stat");
    double ended_s =
        stat_seconds(stat, STAT_USER + 2) + stat_seconds(stat, STAT_USER + 3);
    sample->ended_cpu_s += ended_s;
    sample->cpu_s += ended_s;
    free(stat);
}

void process_group_sample_cpu(const struct process_group *group,
                              struct process_sample *sample)
{
    sample->processes = (double)group->count;
    sample->cpu_at_ns = clock_now_ns();
    sample->cpu_s = sample->ended_cpu_s = 0;
    for (size_t i = 0; i < group->seen_count; i++)
        if (group->seen[i].belongs)
            add_cpu(&group->seen[i], sample);
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
    char *status = process_read_file(pid, "status");
    double own_anon = NAN;
    if (status) {
        sample->page_table_bytes += key_value_number(status, "VmPTE") * 1024;
        own_anon = key_value_number(status, "RssAnon");
        sample->threads += key_value_number(status, "Threads");
        sample->rss_bytes += key_value_number(status, "VmRSS") * 1024;
        sample->rss_peak_bytes += key_value_number(status, "VmHWM") * 1024;
    }
    free(status);
    char *rollup = process_read_file(pid, "smaps_rollup");
    sample->pss_bytes += rollup ? key_value_number(rollup, "Pss") * 1024 : (double)NAN;
    double anon = rollup ? key_value_number(rollup, "Pss_Anon") : (double)NAN;
    sample->anon_bytes += (isnan(anon) ? own_anon : anon) * 1024;
    free(rollup);
}

/* A file of a thread; the caller frees it. NULL: the thread has ended. */
static char *read_thread_file(pid_t pid, const char *thread, const char *file)
{
    char name[288];
    snprintf(name, sizeof name, "task/%s/%s", thread, file);
    return process_read_file(pid, name);
}

/* How long a thread was ready to run and waited for a CPU, or NAN. The file is "ON_CPU
 * WAITED SLICES", times in nanoseconds. */
static double thread_delay_s(pid_t pid, const char *thread)
{
    char *schedstat = read_thread_file(pid, thread, "schedstat"), *waited;
    double delay_s = NAN;
    if (schedstat) {
        (void)strtod(schedstat, &waited);
        delay_s = strtod(waited, NULL) / (double)NS_PER_S;
    }
    free(schedstat);
    return delay_s;
}

/* The next thread of a process, or NULL after the last. */
static const char *next_thread(DIR *folder)
{
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            return entry->d_name;
    return NULL;
}

static DIR *open_threads(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    return opendir(path);
}

double process_run_delay_s(pid_t pid)
{
    double seconds = NAN;
    DIR *folder = open_threads(pid);
    for (const char *thread; (thread = next_thread(folder));) {
        double delay_s = thread_delay_s(pid, thread);
        if (!isnan(delay_s))
            seconds = isnan(seconds) ? delay_s : seconds + delay_s;
    }
    if (folder)
        closedir(folder);
    return seconds;
}

static void add_thread(pid_t pid, const char *thread, struct process_sample *sample)
{
    char *status = read_thread_file(pid, thread, "status");
    if (status) {
        sample->voluntary_switches += key_value_number(status, "voluntary_ctxt_switches");
        sample->involuntary_switches +=
            key_value_number(status, "nonvoluntary_ctxt_switches");
    }
    free(status);
    double delay_s = thread_delay_s(pid, thread);
    if (!isnan(delay_s))
        sample->run_delay_s =
            isnan(sample->run_delay_s) ? delay_s : sample->run_delay_s + delay_s;
}

static void add_threads(struct process_group *group, struct seen_process *process,
                        struct process_sample *sample)
{
    char *stat = process_read_file(process->pid, "stat");
    /* Its own, and then what its children had used by their end. */
    double ended_user_s = stat_seconds(stat, STAT_USER + 2),
           ended_system_s = stat_seconds(stat, STAT_USER + 3);
    sample->user_s += stat_seconds(stat, STAT_USER) + ended_user_s;
    sample->system_s += stat_seconds(stat, STAT_USER + 1) + ended_system_s;
    process->reaps = process->reaps || ended_user_s + ended_system_s > 0;
    struct seen_process *parent = find_seen(group, parent_in(stat));
    if (parent)
        parent->reaps = true;
    free(stat);
    DIR *folder = open_threads(process->pid);
    for (const char *thread; (thread = next_thread(folder));)
        add_thread(process->pid, thread, sample);
    if (folder)
        closedir(folder);
}

void process_group_sample_threads(struct process_group *group,
                                  struct process_sample *sample)
{
    uint64_t start_ns = clock_now_ns();
    sample->user_s = sample->system_s = 0;
    sample->voluntary_switches = sample->involuntary_switches = 0;
    sample->run_delay_s = NAN;
    for (size_t i = 0; i < group->seen_count; i++)
        if (group->seen[i].belongs)
            add_threads(group, &group->seen[i], sample);
    sample->threads_at_ns = start_ns + (clock_now_ns() - start_ns) / 2;
}

void process_group_sample_memory(const struct process_group *group,
                                 struct process_sample *sample)
{
    sample->threads = sample->rss_bytes = sample->rss_peak_bytes = 0;
    sample->pss_bytes = sample->anon_bytes = sample->page_table_bytes = 0;
    for (size_t i = 0; i < group->seen_count; i++)
        if (group->seen[i].belongs)
            add_memory(group->seen[i].pid, sample);
    sample->kernel_stack_bytes = sample->threads * kernel_stack_bytes();
}

void process_group_sample(struct process_group *group, struct process_sample *sample)
{
    process_group_sample_cpu(group, sample);
    process_group_sample_threads(group, sample);
    process_group_sample_memory(group, sample);
}

void process_group_glance(const struct process_group *group, double *threads,
                          double *rss_bytes)
{
    *threads = *rss_bytes = 0;
    for (size_t i = 0; i < group->seen_count; i++) {
        char *status = group->seen[i].belongs
                           ? process_read_file(group->seen[i].pid, "status")
                           : NULL;
        if (status) {
            *threads += key_value_number(status, "Threads");
            *rss_bytes += key_value_number(status, "VmRSS") * 1024;
        }
        free(status);
    }
}
