/*
 * schedule.h - the arrivals of an open loop: when requests are due, and which request
 * each arrival is.
 *
 * No coordinated omission: the arrivals of a run are a function of the workload, the seed
 * and the number of threads, and of nothing that happens in the run, so that a slow
 * server cannot move them. They are generated lazily, one at a time, which gives the same
 * times as a list written beforehand. An arrival that is due stays in the schedule until
 * a connection is free, so that a backlog of any length needs no memory.
 *
 * The mix is one arrival process, each request with a rate of its own is another, and a
 * trace is one more. Each is split over the N threads such that the parts add up to the
 * process that was asked for (superposition): N independent Poisson processes of rate R/N
 * make one of rate R; of a constant process and of a trace thread i takes the arrivals i,
 * i+N, i+2N, ... A constant process starts at a random phase, so that several processes
 * do not send at the same moments.
 *
 * Rates that change are handled by the time-rescaling theorem: a process advances on an
 * axis of expected arrivals, on which its rate is 1, and workload/load_profile.h turns a
 * place on that axis into a time.
 *
 * A run may be limited to a number of requests in its window. Each thread has its share
 * of them: in an open loop as arrivals, in a closed loop as calls of schedule_claim that
 * return true.
 *
 * Threads: one struct schedule and one struct mix per thread.
 */
#ifndef WORKLOAD_SCHEDULE_H
#define WORKLOAD_SCHEDULE_H

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

/* One thread's part of an arrival process. */
struct arrival_process {
    struct random random;
    int arrivals;                /* enum arrivals */
    struct load_profile profile; /* of the rate of all threads */
    size_t part;                 /* of the profile, in which the next arrival lies */
    double place;                /* of the next arrival, in expected arrivals */
    double first_place;          /* constant: of this thread's first arrival */
    uint64_t number;             /* arrivals drawn so far */
    uint32_t request;            /* index, or PROCESS_OF_MIX, or PROCESS_OF_TRACE */
    uint64_t next_ns;            /* when the next arrival is due; UINT64_MAX: never */
};
#define PROCESS_OF_MIX   UINT32_MAX
#define PROCESS_OF_TRACE (UINT32_MAX - 1)

struct schedule {
    const struct trace_entry *trace; /* into the workload */
    size_t trace_count;
    unsigned thread, threads;
    struct arrival_process *processes; /* heap */
    size_t count;                      /* 0: closed loop, nothing ever arrives */
    uint64_t start_ns;
    uint64_t begin_ns; /* of the measured window: the trace's 0 */
    uint64_t end_ns;   /* arrivals from here on are not made */
    uint64_t left;     /* requests of the window that may still be made */
    uint64_t next_ns;  /* the earliest arrival not yet taken; UINT64_MAX: none */
    struct arrival_process *next; /* the process that it belongs to */
};

void schedule_init(struct schedule *schedule, const struct workload *workload,
                   uint64_t seed, unsigned thread, unsigned threads);
void schedule_release(struct schedule *schedule);

/* Fixes the points in time. From then on arrivals may be taken. Another call begins
 * another run, with random numbers that go on from those of the run before. */
void schedule_start(struct schedule *schedule, uint64_t start_ns, uint64_t begin_ns,
                    uint64_t end_ns);

/*
 * Three functions for whoever judges the gaps between sends. The number of
 * processes that are drawn at random; they stand before a trace, which is not.
 */
size_t schedule_drawn_count(const struct schedule *schedule);

/* The mean gap of this thread's part where the rate is highest. */
double schedule_least_gap_ns(const struct schedule *schedule,
                             const struct arrival_process *process);

/* Time rescaling: where a point in time would lie if the rate were always the highest. */
uint64_t schedule_even_ns(const struct schedule *schedule,
                          const struct arrival_process *process, uint64_t at_ns);

/* Moves the end nearer: later arrivals are not made. */
void schedule_end_at(struct schedule *schedule, uint64_t end_ns);

/* Closed loop: true, and one request less is left, where one may begin at this time. */
bool schedule_claim(struct schedule *schedule, uint64_t scheduled_ns);

/* Takes the arrival at next_ns; returns the request that is due. */
uint32_t schedule_take(struct schedule *schedule, struct mix *mix);

#endif
