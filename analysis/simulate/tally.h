/*
 * tally.h - what became of each request, by class, in the words of
 * loadgen/measure/recorder.h: a request belongs to the window by the time at which it was
 * due, and counts whenever it ends; one of the warm-up that never ends belongs, too.
 * Throughput is about time instead: replies within the window, whenever they were due.
 */
#ifndef ANALYSIS_SIMULATE_TALLY_H
#define ANALYSIS_SIMULATE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"

/* due = done + refused + in_flight + unsent. */
struct simulated_class {
    uint64_t due;       /* requests that belong to the window */
    uint64_t done;      /* have a reply */
    uint64_t refused;   /* found a line full */
    uint64_t in_flight; /* had no reply when the simulation ended */
    uint64_t unsent;    /* found no connection */
    uint64_t replies;   /* within the window, whenever they were due */
    /* Of those that are done, from the time at which they were due; and of those in
     * flight and unsent the ages, which are less than the true latency. */
    struct histogram latency;
};

struct request_tally {
    struct simulated_class *classes; /* heap */
    size_t class_count;
    uint64_t begin_ns, end_ns; /* of the window */
    uint64_t left;             /* requests that belong, and have not ended */
};

void tally_init(struct request_tally *tally, size_t class_count, uint64_t begin_ns,
                uint64_t end_ns);

void tally_begun(struct request_tally *tally, uint32_t class_index, uint64_t due_ns);
void tally_done(struct request_tally *tally, uint32_t class_index, uint64_t due_ns,
                uint64_t now_ns);
void tally_refused(struct request_tally *tally, uint32_t class_index, uint64_t due_ns);

/* When the simulation ends: a request that had begun, and one that had not. */
void tally_in_flight(struct request_tally *tally, uint32_t class_index, uint64_t due_ns,
                     uint64_t now_ns);
void tally_unsent(struct request_tally *tally, uint32_t class_index, uint64_t due_ns,
                  uint64_t now_ns);

/* Adds what is counted of one class to another, which begins as zeroes with a histogram.
 */
void simulated_class_merge(struct simulated_class *into,
                           const struct simulated_class *from);

#endif
