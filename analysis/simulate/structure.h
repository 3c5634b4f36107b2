/*
 * structure.h - a server as a queueing network: stations with lines, cores that their
 * threads share, and what each class of requests does there, as a program of four
 * actions. model_structure.h makes one from a model's descriptor; a family of its own may
 * make another.
 *
 *   ENTER station   takes one of its servers, or waits in line for one
 *   LEAVE station   gives it back to the first in the line
 *   COMPUTE time    uses a core, as one thread; those that compute at a time share them
 *   WAIT time       passes the time and uses nothing but what it has entered
 *
 * A thread that sleeps in a call keeps its server while it WAITs; an event loop is a
 * station with one server that is left before a WAIT and entered again behind it.
 *
 * Memory: stations and actions are the structure's own; names are constants.
 */
#ifndef ANALYSIS_SIMULATE_STRUCTURE_H
#define ANALYSIS_SIMULATE_STRUCTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/simulate/variate.h"
#include "base/error.h"

#define STRUCTURE_MAX_STATIONS 64
#define STRUCTURE_MAX_HOMES    65536
#define STRUCTURE_MAX_CORES    65536

/* First come, first served, without preemption. */
struct station_spec {
    const char *name;     /* "loop", "workers" */
    uint64_t servers;     /* at each home where it is per home; 0: as many as come */
    bool is_per_home;     /* each home has its own servers, and a line for them */
    bool is_kept;         /* a connection keeps its server from its first request until
                           * it is closed; all must have one for all of a request */
    bool refuses;         /* those that find queue_limit in the line */
    uint64_t queue_limit; /* at each home */
    double wakeup_ns;     /* CPU that a server that was idle adds to the COMPUTE that
                           * follows on the ENTER */
};

/* How a connection, when it is opened, is given to one of the homes: the loops or
 * processes that it stays with. */
enum dealing {
    DEAL_IN_TURN,   /* round robin */
    DEAL_AT_RANDOM, /* as a hash of addresses does */
    DEAL_TO_FEWEST, /* to the one with the fewest connections */
};

enum action_kind { ACTION_ENTER, ACTION_LEAVE, ACTION_COMPUTE, ACTION_WAIT };

struct action {
    enum action_kind kind;
    uint32_t station;    /* index; of ENTER and LEAVE */
    struct variate time; /* of COMPUTE: of CPU; of WAIT: of the clock */
};

/* What a request of one class does, from its arrival to its reply. */
struct action_list {
    struct action *items; /* heap */
    size_t count;
};

struct structure {
    struct station_spec *stations; /* heap; outer ones before those within */
    size_t station_count;
    uint64_t homes; /* at least 1 */
    enum dealing dealing;
    uint64_t cores;          /* shared by all that COMPUTE */
    uint64_t slice_ns;       /* the scheduler's; 0: ideal processor sharing */
    double accept_ns;        /* CPU of a new connection, used with its first request */
    double fixed_bytes;      /* memory of the server without connections */
    double connection_bytes; /* and of each, its thread or process included */
    struct action_list *programs; /* heap; one a class */
    size_t program_count;
};

/* Its index. */
uint32_t structure_add_station(struct structure *structure, struct station_spec spec);

struct action_list *structure_add_program(struct structure *structure);

void actions_enter(struct action_list *actions, uint32_t station);
void actions_leave(struct action_list *actions, uint32_t station);

/* Fixed times that follow on one another become one action. One of 0 is wanted, too:
 * there a server that was woken uses the CPU of its wake-up. */
void actions_compute(struct action_list *actions, struct variate time);

/* Adds nothing where the time is always 0. */
void actions_wait(struct action_list *actions, struct variate time);

/* Whether it can be simulated: 0, or -EINVAL and what is wrong with it. A program must
 * leave what it enters, in whatever order, and never wait for a station twice at a time.
 */
MUST_CHECK int structure_check(const struct structure *structure, struct error *error);

void structure_release(struct structure *structure);

#endif
