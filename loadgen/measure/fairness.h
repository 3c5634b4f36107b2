/*
 * fairness.h - how evenly replies fell on connections. A server that serves some clients
 * and starves the others looks the quicker the fewer it serves: only the served ones are
 * in its latencies.
 *
 * A connection is starved if no reply came on it within the window although others had
 * replies, and it either failed again and again, or still waits when the run is over: for
 * at least half the window, and more than twice as long as the slowest reply to a request
 * of the same class took. So neither waits longer than the window nor a slow class are
 * taken for starvation.
 *
 * Threads: each engine fills tallies of its own when it has ended; plain data.
 */
#ifndef LOADGEN_FAIRNESS_H
#define LOADGEN_FAIRNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/recorder.h"
#include "record/load_result.h"

/* One connection that was to carry requests. */
struct client_tally {
    uint32_t replies;     /* within the window */
    uint32_t class_index; /* of the request that it waits for */
    uint64_t waited_ns;   /* if half the window or more, else 0 */
    bool failing;         /* its last attempts have failed */
};

struct fairness {
    struct client_tally *clients; /* heap */
    size_t count;
};

void fairness_add(struct fairness *fairness, const struct client_tally *client);
void fairness_merge(struct fairness *into, const struct fairness *from);
void fairness_release(struct fairness *fairness);

/* NULL where there was no connection; else heap. */
struct clients_result *fairness_judge(const struct fairness *fairness,
                                      const struct recorder *recorder);

#endif
