/*
 * window.h - the measured window as it is seen from outside: the accounts that the system
 * keeps of the server, the generator, the machine and this process, read at both ends.
 */
#ifndef HARNESS_WINDOW_H
#define HARNESS_WINDOW_H

#include <stdbool.h>
#include <sys/types.h>

#include "harness/probe/counters.h"
#include "harness/probe/procfs.h"
#include "record/trial.h"

/* Zero-initialised it is one that was not reached yet. */
struct window {
    struct process_group group; /* the server's processes */
    struct process_sample idle; /* before the first connection */
    struct process_sample before, after;
    double threads_peak, rss_peak_bytes;          /* by the glances in between */
    double generator_before_s, generator_after_s; /* CPU time */
    double generator_delay_before_s, generator_delay_after_s;
    double harness_before_s, harness_after_s;
    struct counter_reading machine_before, machine_after;
    bool is_complete; /* both ends were reached */
};

/* The server is up and has nothing to do yet. */
void window_sample_idle(struct window *window, pid_t server);

void window_open(struct window *window, pid_t server, pid_t generator);
void window_close(struct window *window, pid_t server, pid_t generator);

/* In between: threads and memory may have a peak. */
void window_glance(struct window *window);

void window_release(struct window *window);

/* What the records of trials have of it; nothing where it is not complete. */
void window_record(const struct window *window, struct trial_record *record);

/* CPU time of this process in the window. */
double window_harness_cpu_s(const struct window *window);

#endif
