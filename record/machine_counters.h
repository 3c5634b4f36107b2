/*
 * machine_counters.h - what the machine as a whole did during a trial: what was stolen,
 * throttled, dropped or swapped while it ran. Differences between two readings; NAN is a
 * counter that the machine does not offer.
 */
#ifndef RECORD_MACHINE_COUNTERS_H
#define RECORD_MACHINE_COUNTERS_H

#include "record/record.h"

struct machine_counters {
    double elapsed_s;              /* between the two readings */
    double busy_cpu_s;             /* of everything that ran */
    double steal_s;                /* CPU time that the hypervisor gave to others */
    double context_switches;       /* of the whole machine */
    double throttled_s;            /* that our cgroup was held back by its quota */
    double pressure_cpu_s;         /* that some task waited for a CPU (PSI) */
    double pressure_memory_s;      /* ... for memory */
    double pressure_io_s;          /* ... for the disk */
    double swapped_pages;          /* in or out */
    double listen_overflows;       /* connections refused for a full backlog */
    double listen_drops;           /* connections dropped while listening */
    double retransmitted_segments; /* of TCP */
};
extern const struct record_type machine_counters_type;

#endif
