/* softirq.c - see softirq.h. */
#include "harness/probe/softirq.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness/probe/procfs.h"

/* The CPU of "ksoftirqd/3"; -1: it is another process. */
static int cpu_of(pid_t pid)
{
    int cpu = -1;
    char *name = process_read_file(pid, "comm");
    if (name && sscanf(name, "ksoftirqd/%d", &cpu) != 1)
        cpu = -1;
    free(name);
    return cpu < CPU_SETSIZE ? cpu : -1;
}

/* They are among the first processes of a machine, and /proc lists these first. */
void softirq_threads_find(struct softirq_threads *threads)
{
    long left = sysconf(_SC_NPROCESSORS_ONLN);
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    memset(threads, 0, sizeof *threads);
    while (folder && left > 0 && (entry = readdir(folder))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        int cpu = pid > 0 ? cpu_of(pid) : -1;
        if (cpu < 0)
            continue;
        threads->pids[cpu] = pid;
        left--;
    }
    if (folder)
        closedir(folder);
}

double softirq_threads_cpu_s(const struct softirq_threads *threads, const cpu_set_t *cpus)
{
    double seconds = 0;
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        char *schedstat = CPU_ISSET(cpu, cpus) && threads->pids[cpu]
                              ? process_read_file(threads->pids[cpu], "schedstat")
                              : NULL;
        if (schedstat)
            seconds += strtod(schedstat, NULL) / (double)NS_PER_S;
        free(schedstat);
    }
    return seconds;
}
