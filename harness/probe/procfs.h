/*
 * procfs.h - what a process group uses: CPU time, threads, memory, context switches,
 * summed over all its processes, read from outside through /proc.
 *
 * The group is found by its process-group number, since /proc/PID/task/TID/children
 * does not exist on every kernel. What could not be read is NaN, never 0.
 */
#ifndef HARNESS_PROCFS_H
#define HARNESS_PROCFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process_group {
    pid_t leader;
    pid_t *pids; /* at the last look */
    size_t count;
};

struct process_sample {
    uint64_t cpu_at_ns; /* when the CPU times were read */
    double cpu_s;       /* user + system, by the processes' CPU clocks, and ended_cpu_s */
    double user_s;      /* by /proc/PID/stat, which counts in ticks; of all as well */
    double system_s;
    double ended_cpu_s; /* of processes that have ended, as their parents have it, in
                         * ticks: a server may fork for every connection */
    double processes;
    double threads;
    double rss_bytes;
    double rss_peak_bytes; /* sum of each process's own peak */
    double anon_bytes;     /* of its own making: neither program nor libraries */
    double pss_bytes;      /* shared pages counted once; NaN where not offered */
    /* What the kernel keeps for them and counts in no process's memory. Its objects
     * (slab) and socket buffers are left out: no file tells whose they are. */
    double kernel_stack_bytes; /* of all threads */
    double page_table_bytes;
    uint64_t switches_at_ns; /* the middle of reading the switches, thread by thread */
    double voluntary_switches;
    double involuntary_switches;
    double run_delay_s; /* what the threads of now waited for a CPU (schedstat) */
};

/* Looks for the members of the group that `leader` leads. */
void process_group_find(struct process_group *group, pid_t leader);
void process_group_release(struct process_group *group);

/* CPU first, for its time matters most; then switches and delays. Threads and memory are
 * left out: they cost a millisecond for some ten processes. */
void process_group_sample_time(const struct process_group *group,
                               struct process_sample *sample);

/* All of it. */
void process_group_sample(const struct process_group *group,
                          struct process_sample *sample);

/*
 * The kernel's stack of a thread, as all have the same: the stacks of the machine
 * (/proc/meminfo) over its threads (/proc/loadavg), and the power of two that is nearest.
 * NaN where that is no size of a stack, as in a container that hides the machine.
 */
double kernel_stack_bytes(void);
/* The same, of the contents of these files. */
double kernel_stack_bytes_of(const char *meminfo, const char *loadavg);

/* How long the threads of a process have been ready to run and waited for a CPU; NaN
 * where the kernel does not tell. */
double process_run_delay_s(pid_t pid);

/* Threads and resident memory alone: cheap enough to take while measuring. */
void process_group_glance(const struct process_group *group, double *threads,
                          double *rss_bytes);

/* CPU time of a process and all its descendants that are there now; NaN where the
 * process is not. */
double process_tree_cpu_s(pid_t root);

#endif
