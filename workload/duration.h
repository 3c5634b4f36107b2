/*
 * duration.h - how long a step of a path lasts: "50ms", or "50ms~exp" on average.
 *
 * "~exp": every request draws its own from the exponential distribution with that mean.
 * Clients of a closed loop that all wait for the same time fall into step and stay so;
 * drawn times disperse them.
 */
#ifndef WORKLOAD_DURATION_H
#define WORKLOAD_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct duration {
    uint64_t ns; /* all of it, or the mean */
    bool drawn;
};

/* No draw is longer than the longest duration that is allowed, and that is at least so
 * many means: the cut takes exp(-8) = 0.034 % off the mean at most. */
#define DURATION_MEANS 8

/* Reads the whole of `text`. 0, or -EINVAL with what is allowed and what was given. */
MUST_CHECK int duration_parse(const char *text, uint64_t longest_ns,
                              struct duration *duration, struct error *error);

#endif
