/*
 * scalability.h - the universal scalability law: how throughput grows with load, by what
 * it is held back, and where it turns.
 *
 *     X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
 *
 * lambda is the throughput of one, sigma the share that has to queue for something
 * (contention; with kappa = 0 this is Amdahl's law), kappa what it costs that all have to
 * agree with each other (coherence). With kappa > 0 throughput has a peak at
 * N = sqrt((1 - sigma) / kappa), and falls beyond (N. J. Gunther, "Guerrilla capacity
 * planning", 2007, chapters 4 to 6). N is connections, threads, processes or workers.
 *
 * The fit is by least squares of throughput with neither sigma nor kappa below 0.
 */
#ifndef ANALYSIS_SCALABILITY_H
#define ANALYSIS_SCALABILITY_H

#include <stdbool.h>
#include <stddef.h>

/* Different N: as many as there are parameters leave no residual to judge the fit by. */
#define SCALABILITY_LEAST 4

struct scalability {
    bool exists;
    double lambda, sigma, kappa;
    /* N at which throughput is greatest, at least 1, and how much that is; INFINITY and
     * lambda / sigma where it only rises, INFINITY both where it does so in proportion.
     */
    double peak, peak_throughput;
    double residual; /* standard error: sqrt(sum of squares / (points - 3)) */
};

/* `loads` are the N, 1 or more, in any order; those with a throughput that is not above 0
 * do not count. Fewer than SCALABILITY_LEAST different ones: it does not exist. */
struct scalability scalability_fit(const double *loads, const double *throughputs,
                                   size_t count);

/* Throughput at `load` by the law. */
double scalability_throughput(const struct scalability *fit, double load);

#endif
