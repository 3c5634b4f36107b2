/*
 * precision.h - how well a run knows the ratios that it is read for: in each cell that of
 * every contender to the best one, in the figure by which the cell is ranked. A run may
 * end where all are known to PRECISION_*, whatever they are.
 */
#ifndef ANALYSIS_PRECISION_H
#define ANALYSIS_PRECISION_H

#include "analysis/comparison.h"

/* Half the width of the 95 % interval: of throughput 1 %, of p99 5 %. */
#define PRECISION_THROUGHPUT 0.01
#define PRECISION_LATENCY    0.05

struct precision {
    size_t ratios;          /* how many there are; bounds are none */
    bool reached;           /* all of them, and there is one */
    const struct row *row;  /* whose ratio is furthest from it; NULL: there is none */
    const struct row *best; /* to which it is one */
    struct figure figure;
    double half_width, wanted; /* 0.01: 1 %; INFINITY: two blocks are not there yet */
};

void precision_find(struct precision *precision, const struct comparison *comparison);

/* "hello, connections 100: epoll to event-loop, req/s", on the heap; NULL: no ratio. */
char *precision_name(const struct precision *precision);

#endif
