/*
 * environment.h - what the machine of a run is: everything that bears on a measurement
 * and that the machine tells. It is environment.json, schema version 1.
 *
 * NULL, NAN and -1 are null in the file: this machine does not tell. A limit that is not
 * set is NAN, too.
 */
#ifndef RECORD_ENVIRONMENT_H
#define RECORD_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

/* {NAME: TEXT, ...}, in the order in which they were found. */
struct named_text {
    char *name, *text;
};
struct named_texts {
    struct named_text *items;
    size_t count;
};
/* Copies both; `text` may be NULL. */
void named_texts_add(struct named_texts *texts, const char *name, const char *text);
/* NULL where there is none of that name. */
const char *named_texts_find(const struct named_texts *texts, const char *name);

struct environment_cpu {
    char *model, *vendor, *microcode, *mhz;
    double online;
    char *allowed;               /* for this process: "0-3" */
    struct named_texts siblings; /* of each allowed CPU, by its number: "0,4" */
    char **caches;               /* "L1 Data 32K 0" */
    struct named_texts mitigations;
    double smt; /* 0, 1 */
    char *frequency_driver, *governor;
    double minimum_khz, maximum_khz;
    double boost, intel_no_turbo; /* 0, 1 */
    char *isolated, *nohz_full, *idle_driver, *numa_nodes;
};

struct environment_hypervisor {
    int present;
    char *type, *vendor, *product;
};

struct environment_kernel {
    char *release, *version, *machine, *distribution;
    double load_average_1min;
    char *command_line, *clock_source, *transparent_hugepages;
    double max_map_count, pid_max, threads_max;
    double sched_autogroup; /* 0, 1 */
    double schedstat;       /* 0, 1: tells how long threads waited for a CPU */
};

struct environment_network {
    double ports_low, ports_high; /* of connections that name none */
    double somaxconn, tcp_max_syn_backlog, tcp_tw_reuse;
    char *tcp_congestion_control, *tcp_rmem, *tcp_wmem;
    double loopback_mtu;
};

struct environment_memory {
    double total_bytes, available_bytes, swap_total_bytes, swap_free_bytes;
};

struct environment_limits {
    double nofile, nofile_hard, nproc, nproc_hard, stack_bytes, stack_hard_bytes;
    char *cgroup_cpu_max, *cgroup_cpu_quota_us;
    double cgroup_cpus; /* that these and the groups above allow; NAN: no quota */
    char *cgroup_memory_max, *cgroup_memory_limit_bytes;
    char *cgroup_pids_max;
};

/* What was built, from what, with what. */
struct environment_tool {
    char *version, *commit, *compiler, *flags;
    int measurable; /* no debug or sanitizer build */
    struct named_texts libraries;
    char *binary_sha256;
};

struct environment {
    uint64_t schema_version;
    char *recorded_utc, *host;
    struct environment_cpu cpu;
    struct environment_hypervisor hypervisor;
    struct environment_kernel kernel;
    struct environment_network network;
    struct environment_memory memory;
    struct environment_limits limits;
    struct environment_tool tool;
};
extern const struct record_type environment_type;

/* Nothing is known yet. */
void environment_init(struct environment *environment);
void environment_release(struct environment *environment);

/* How many CPUs the run could use; NAN: it does not tell. */
double environment_cpus(const struct environment *environment);

#endif
