/*
 * server_window.h - what was seen of a server: by the kernel's accounts over the measured
 * window and over its whole life, and what it has counted by itself (`serve --stats`).
 *
 * NAN is null in the file: not measured.
 */
#ifndef RECORD_SERVER_WINDOW_H
#define RECORD_SERVER_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

/* All its processes together, between the two ends of the window. */
struct server_window {
    double cpu_elapsed_s; /* between the two samples of CPU time */
    double cpu_s, user_s, system_s;
    double switches_elapsed_s; /* between those of context switches and delays, the first
                                * of which may lie in the warm-up */
    double voluntary_switches, involuntary_switches;
    double run_delay_s; /* that threads which were there at its end waited for a CPU */
    double softirq_s;   /* CPU time of the kernel's network threads on its CPUs */
    double processes, threads; /* at its end */
    double threads_peak;
    double rss_bytes, rss_peak_bytes;
    double pss_bytes;  /* pages that processes share count once */
    double anon_bytes; /* what it has allocated */
    double idle_anon_bytes, idle_rss_bytes, idle_pss_bytes; /* before any connection */
    double idle_threads;
    /* What the kernel holds for it beside that; its objects and socket buffers left out.
     */
    double kernel_stack_bytes, page_table_bytes;
    double idle_kernel_stack_bytes, idle_page_table_bytes;
};

/* From its start to its end, as the system accounts for a child that has ended. */
struct server_lifetime {
    double user_s, system_s;
    double voluntary_switches, involuntary_switches;
    double rss_peak_bytes;
};

/* How late its loops came, of all together. */
struct lag_statistics {
    double p50_ns, p99_ns, max_ns;
};

struct loop_statistics {
    double utilisation; /* 0..1, the mean over the loops */
    struct lag_statistics *lag;
};

struct op_statistics {
    char *name;
    char *note; /* that it did not quite do what its step says; NULL: it did */
};

/*
 * Of the server's own counts those that are read, and all of them in its own words. A
 * server of others may count less, or other things.
 */
struct server_statistics {
    double requests;              /* answered in its whole life */
    double restarts;              /* processes that died and were replaced */
    struct loop_statistics *loop; /* NULL: it has no loop */
    struct op_statistics *ops;
    size_t op_count;
    cJSON *json; /* as it wrote them */
};
extern const struct record_type server_statistics_type;

struct server_record {
    char *end;                    /* "exit code 0"; NULL: it was never started */
    struct server_window *window; /* NULL: the window was not reached */
    struct server_lifetime *lifetime;
    struct server_statistics *statistics; /* NULL: it left none */
};
extern const struct record_type server_record_type;

/* A process that the server asks: the backend, the database. */
struct service_record {
    char *end;
    double cpu_s; /* in the window */
    struct server_statistics *statistics;
};
extern const struct record_type service_record_type;

#endif
