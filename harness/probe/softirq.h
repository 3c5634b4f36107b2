/*
 * softirq.h - the kernel's own threads for network work (ksoftirqd/N, one for each CPU).
 * What arrives on the loopback is mostly handled behind the sender's back, in its own
 * time; under much load it is handed to these threads, which then compete with server and
 * generator for the CPU although they work for nobody else.
 */
#ifndef HARNESS_SOFTIRQ_H
#define HARNESS_SOFTIRQ_H

#include <sched.h>
#include <sys/types.h>

struct softirq_threads {
    pid_t pids[CPU_SETSIZE]; /* by CPU; 0: none is seen, as in a container */
};

void softirq_threads_find(struct softirq_threads *threads);

/* CPU time that those of these CPUs have used since the machine was started. */
double softirq_threads_cpu_s(const struct softirq_threads *threads,
                             const cpu_set_t *cpus);

#endif
