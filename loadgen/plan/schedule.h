/*
 * schedule.h - when requests are due in an open loop, and which one is drawn.
 *
 * The arrivals of a run are a function of the workload, the seed and the number of
 * threads, and of nothing that happens in the run: a slow server cannot move them. They
 * are drawn one at a time just before they are looked at, which is the same as writing
 * them all down beforehand. An arrival that is due stays here until a connection is
 * free, so that a backlog of any length needs no memory.
 *
 * The mix is one arrival process, each request with a rate of its own another, and a
 * trace one more. They are divided over the threads such that together they are the
 * process asked for: independent Poisson processes of rate R/N add up to one of rate R;
 * of a constant process and of a trace thread i takes the arrivals i, i+N, i+2N, ... A
 * constant process starts at a random phase, so that several do not beat in step.
 *
 * A process counts in arrivals and not in time: the next one lies at some place on the
 * axis of all arrivals that are to be expected, and workload/load_profile.h tells when
 * the expectation gets there. So a rate that changes is no different from one that does
 * not.
 *
 * A run may be limited to a number of requests in its window. Each thread has its share
 * of them, in an open loop as arrivals, in a closed one as what schedule_claim grants.
 *
 * Threads: one struct schedule and one struct mix per thread.
 */
#ifndef LOADGEN_SCHEDULE_H
#define LOADGEN_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "workload/load_profile.h"
#include "workload/workload.h"

/* Draws requests of the mix with probability weight / sum of weights. */
struct mix {
    struct random random;
    uint32_t *requests; /* indexes into the workload; heap */
    double *up_to;      /* running sums of the weights, the last is 1; heap */
    size_t count;
};

void mix_init(struct mix *mix, const struct workload *workload, uint64_t seed,
              unsigned thread);
void mix_release(struct mix *mix);

/* Index of a request; the mix must not be empty. */
uint32_t mix_draw(struct mix *mix);

/* One arrival process, as far as one thread has a share in it. */
struct arrival_process {
    struct random random;
    int arrivals;                /* enum arrivals */
    struct load_profile profile; /* of the rate of all threads */
    size_t part;                 /* of the profile, where the next arrival lies */
    double place;                /* of the next arrival, in arrivals of all threads */
    double first_place;          /* constant: of this thread's first arrival */
    uint64_t number;             /* arrivals drawn so far */
    uint32_t request;            /* what it sends, or PROCESS_OF_MIX or _OF_TRACE */
    uint64_t next_ns;            /* when the next arrival is due; UINT64_MAX: never */
};
#define PROCESS_OF_MIX   UINT32_MAX
#define PROCESS_OF_TRACE (UINT32_MAX - 1)

struct schedule {
    const struct trace_entry *trace; /* the workload's */
    size_t trace_count;
    unsigned thread, threads;
    struct arrival_process *processes; /* heap */
    size_t count;                      /* 0: closed loop, nothing ever arrives */
    uint64_t start_ns;
    uint64_t begin_ns; /* of the measured window: the trace's 0 */
    uint64_t end_ns;   /* arrivals from here on are not made */
    uint64_t left;     /* requests of the window that may still be made */
    uint64_t next_ns;  /* the earliest arrival not yet taken; UINT64_MAX: none */
    struct arrival_process *next; /* whose it is */
};

void schedule_init(struct schedule *schedule, const struct workload *workload,
                   uint64_t seed, unsigned thread, unsigned threads);
void schedule_release(struct schedule *schedule);

/* Fixes the points in time; the first arrival may be taken from then on. */
void schedule_start(struct schedule *schedule, uint64_t start_ns, uint64_t begin_ns,
                    uint64_t end_ns);

/*
 * For judging the gaps between sends: the first so many processes draw their arrivals,
 * the others follow a trace. Mean gap of this thread's share where the rate is highest,
 * and a point in time moved to where it would lie if the rate were that all along.
 */
size_t schedule_drawn_count(const struct schedule *schedule);
double schedule_least_gap_ns(const struct schedule *schedule,
                             const struct arrival_process *process);
uint64_t schedule_even_ns(const struct schedule *schedule,
                          const struct arrival_process *process, uint64_t at_ns);

/* Moves the end nearer: later arrivals are not made. */
void schedule_end_at(struct schedule *schedule, uint64_t end_ns);

/* Closed loop: whether a request may begin at this time; it counts then. */
bool schedule_claim(struct schedule *schedule, uint64_t scheduled_ns);

/* Takes the arrival at next_ns; returns the request that is due. */
uint32_t schedule_take(struct schedule *schedule, struct mix *mix);

#endif
