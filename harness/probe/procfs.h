/*
 * procfs.h - what a process group uses: CPU time, threads, memory, context switches,
 * summed over all its processes, read from outside through /proc.
 *
 * The group is found by its process-group number, since /proc/PID/task/TID/children
 * does not exist on every kernel. What could not be read is NaN, never 0.
 *
 * Reading takes a CPU from those who are looked at. For 5,000 processes, as one server
 * can have them, it takes about 27 ms to find them, 8 ms to find them again, 7 ms for
 * the CPU times, 300 ms for switches and delays, 400 ms for the memory, 130 ms for a
 * glance.
 */
#ifndef HARNESS_PROCFS_H
#define HARNESS_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The contents of /proc/PID/NAME, on the heap; NULL: the process has ended. */
char *process_read_file(pid_t pid, const char *name);

/* A process of the machine, as it was at the first look at it. */
struct seen_process {
    pid_t pid;
    bool belongs; /* to the group */
    bool reaps; /* it has children, or had some: what they have used comes to its account
                 * when they end. Told of the root, and of others when threads are read */
};

/* Zero-initialised it has not looked yet. */
struct process_group {
    pid_t root;                /* the leader, or the root of a tree */
    struct seen_process *seen; /* all that were there at the last look; on the heap */
    size_t seen_count;
    size_t count; /* that belong to the group */
};

struct process_sample {
    uint64_t cpu_at_ns; /* when the CPU times were read */
    double cpu_s;       /* user + system, by the processes' CPU clocks, and ended_cpu_s */
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
    uint64_t threads_at_ns; /* the middle of reading what is kept for each thread */
    double voluntary_switches;
    double involuntary_switches;
    double run_delay_s;      /* what the threads of now waited for a CPU (schedstat) */
    double user_s, system_s; /* by /proc/PID/stat, in ticks; of those ended as well */
};

/* Looks for the members of the group that `leader` leads, or for `root` and all that
 * descend from it. Another look reads nothing of those that were there before. */
void process_group_find(struct process_group *group, pid_t leader);
void process_tree_find(struct process_group *tree, pid_t root);
void process_group_release(struct process_group *group);

/* Each sets its members of the sample: CPU times and number of processes; */
void process_group_sample_cpu(const struct process_group *group,
                              struct process_sample *sample);

/* switches, delays, user and system time; */
void process_group_sample_threads(struct process_group *group,
                                  struct process_sample *sample);

/* number of threads, and memory. */
void process_group_sample_memory(const struct process_group *group,
                                 struct process_sample *sample);

/* All of it. */
void process_group_sample(struct process_group *group, struct process_sample *sample);

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

/* Threads and resident memory alone, for a look in between. */
void process_group_glance(const struct process_group *group, double *threads,
                          double *rss_bytes);

#endif
