/*
 * window.h - the measured window as it is seen from outside: the accounts that the system
 * keeps of the server, the generator, the machine and this process, read at both ends.
 */
#ifndef HARNESS_WINDOW_H
#define HARNESS_WINDOW_H

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

#include "harness/probe/counters.h"
#include "harness/probe/procfs.h"
#include "harness/probe/softirq.h"
#include "record/trial.h"

/* Zero-initialised it is one that was not reached yet. */
struct window {
    struct process_group group; /* the server's processes */
    struct process_sample idle; /* before the first connection */
    struct process_sample before, after;
    double threads_peak, rss_peak_bytes;          /* by the glances in between */
    uint64_t glanced_ns, glance_cost_ns;          /* the last one */
    uint64_t threads_cost_ns;                     /* to read all threads */
    double generator_before_s, generator_after_s; /* CPU time */
    double generator_delay_before_s, generator_delay_after_s;
    double harness_before_s, harness_after_s;
    struct counter_reading machine_before, machine_after;
    struct softirq_threads softirq_threads;
    cpu_set_t server_cpus, generator_cpus;
    double server_softirq_s, generator_softirq_s; /* CPU time of those threads */
    bool is_complete;                             /* both ends were reached */
};

/* The server is up and has nothing to do yet. */
void window_sample_idle(struct window *window, pid_t server);

/*
 * The connections are open and nothing is sent yet. Waits until the server has done what
 * it does for a connection (it may have to fork for thousands of them), and reads what
 * takes long where it has thousands of threads or processes, and would disturb the
 * window. What is kept for each thread (switches, delays) then counts from here, with its
 * own time.
 */
void window_prepare(struct window *window, pid_t server);

/* `window->server_cpus` and `generator_cpus` are set. */
void window_open(struct window *window, pid_t server, pid_t generator,
                 uint64_t duration_ns);
void window_close(struct window *window, pid_t server, pid_t generator);

/* In between, as often as one likes: threads and memory may have a peak. It looks four
 * times a second, or less where that takes long. */
void window_glance(struct window *window);

void window_release(struct window *window);

/* What the records of trials have of it; nothing where it is not complete. */
void window_record(const struct window *window, struct trial_record *record);

/* What the record of a server has of it, on the heap; NULL where it is not complete. */
struct server_window *window_of_server(const struct window *window);

/* CPU time of this process in the window. */
double window_harness_cpu_s(const struct window *window);

#endif
