/*
 * theory.h - what a model should do in a scenario by arithmetic alone, to
 * hold the instrument against. No prediction where no formula applies.
 */
#ifndef ANALYSIS_THEORY_H
#define ANALYSIS_THEORY_H

#include <stddef.h>

#include "analysis/metrics.h"
#include "analysis/path_times.h"
#include "record/contender.h"
#include "workload/scenario.h"

enum relation { RELATION_EQUAL, RELATION_AT_MOST, RELATION_AT_LEAST };
extern const char *const relation_names[]; /* "=", "<=", ">=" */

struct prediction {
    struct figure figure;
    enum relation relation;
    double value;
    char basis[96]; /* the formula: "min(C, N)/W" */
};

struct theory_case {
    const struct scenario *scenario; /* at its point */
    const struct contender *contender;
    const struct work_calibration *calibration;
    int server_cpus;
    /* Of its trials only what was sent is looked at: requests that were scheduled, in all
     * and of each class. Without trials they are taken as the scenario asks for them. */
    const struct trial_record *const *trials;
    size_t trial_count;
};

#define THEORY_MAX 8

/* Fills at most THEORY_MAX predictions and returns their number. */
size_t theory_predict(const struct theory_case *known, struct prediction *predictions);

/* How many requests can wait at a time if each of the server's threads waits for one:
 * threads or processes that serve; of loops, which wait for many, the loops. INFINITY: as
 * many as there are connections. */
double theory_waiting_threads(const struct theory_case *known);

/* C/W, the throughput of a closed loop of requests that do nothing but wait, if nobody is
 * in another's way. NAN where W is not known, or where the server sets a limit by its
 * threads or pools. `in_step`: all wait for the same time, so that convoys form. */
double theory_unhindered(const struct theory_case *known, bool *in_step);

/* How many busy periods of the server's CPUs are expected in the measured window:
 * computations that come at random while none is at work or waits. INFINITY where none
 * come at random, or where they are too few for a p99 to see them. */
double theory_busy_periods(const struct theory_case *known);

#endif
