/*
 * queueing.h - the queue M/D/N: Poisson arrivals, N servers, one fixed service time, a
 * common line. A pool of N threads whose requests all wait for the same time is such a
 * queue, so that the latencies that the generator sees can be held against these
 * formulas. M/D/1 has a single server that takes one at a time.
 *
 * The number in the system is found from one service time to the next: all that were in
 * service have left by then, and a Poisson number has come (C. D. Crommelin, "Delay
 * probability formulae when the holding times are constant", P.O. Elect. Engrs. J. 25,
 * 1932). The waiting time follows as a sum of positive terms (G. J. Franx, "A simple
 * solution for the M/D/c waiting time distribution", Oper. Res. Letters 29, 2001).
 */
#ifndef TESTS_SUPPORT_QUEUEING_H
#define TESTS_SUPPORT_QUEUEING_H

#include <math.h>
#include <stdlib.h>

#include "base/text.h"

struct queue_mdn {
    unsigned servers;
    double rate;    /* arrivals per unit of time */
    double service; /* time, in the same unit */
    size_t states;
    double *waiting_up_to; /* P(at most i wait in line), i < states; heap */
};

/* The tail falls off by a constant factor per state; this many reach far below what a
 * double can tell, up to a load of 0.98 or so. */
#define QUEUE_STATES_PER_SERVER 64
#define QUEUE_STATES_LEAST      2048
#define MAX_QUEUE_ROUNDS        20000
#define QUEUE_CONVERGED         1e-15

static inline double queue_poisson(double mean, double k)
{
    return exp(k * log(mean) - mean - lgamma(k + 1));
}

/* The distribution one service time later: those in service have left, a Poisson number
 * has come. Returns the largest change of a probability. */
static inline double queue_advance(const struct queue_mdn *queue, const double *arrivals,
                                   size_t arrivals_count, const double *now, double *next)
{
    size_t c = queue->servers, states = queue->states;
    double change = 0;
    for (size_t j = 0; j < states; j++) {
        double idle = 0, sum = 0;
        for (size_t i = 0; i <= c && j < arrivals_count; i++)
            idle += now[i];
        if (j < arrivals_count)
            sum = idle * arrivals[j];
        size_t first = j + c >= arrivals_count ? j + c - arrivals_count + 1 : 0;
        if (first < c + 1)
            first = c + 1;
        for (size_t i = first; i <= j + c && i < states; i++)
            sum += now[i] * arrivals[j + c - i];
        next[j] = sum;
        change = fmax(change, fabs(sum - now[j]));
    }
    return change;
}

/* The load, rate * service / servers, must be below 1. Release it. */
static inline void queue_mdn_init(struct queue_mdn *queue, unsigned servers, double rate,
                                  double service)
{
    *queue = (struct queue_mdn){
        .servers = servers,
        .rate = rate,
        .service = service,
        .states = QUEUE_STATES_LEAST + (size_t)servers * QUEUE_STATES_PER_SERVER,
    };
    double mean = rate * service;
    size_t arrivals_count = (size_t)(mean + 12 * sqrt(mean) + 30);
    double *arrivals = memory_allocate(arrivals_count * sizeof *arrivals);
    double *now = memory_allocate_zeroed(queue->states, sizeof *now);
    double *next = memory_allocate_zeroed(queue->states, sizeof *next);
    for (size_t k = 0; k < arrivals_count; k++)
        arrivals[k] = queue_poisson(mean, (double)k);
    now[0] = 1;
    for (int round = 0; round < MAX_QUEUE_ROUNDS; round++) {
        double change = queue_advance(queue, arrivals, arrivals_count, now, next);
        double *swapped = now;
        now = next;
        next = swapped;
        if (change < QUEUE_CONVERGED)
            break;
    }
    /* Those beyond the servers wait. */
    double sum = 0;
    for (size_t i = 0; i <= servers; i++)
        sum += now[i];
    for (size_t i = 0; i < queue->states; i++) {
        next[i] = sum;
        size_t in_system = servers + 1 + i;
        sum += in_system < queue->states ? now[in_system] : 0;
    }
    queue->waiting_up_to = next;
    free(now);
    free(arrivals);
}

static inline void queue_mdn_release(struct queue_mdn *queue)
{
    free(queue->waiting_up_to);
    *queue = (struct queue_mdn){0};
}

/* P(wait in line <= time). */
static inline double queue_mdn_wait_distribution(const struct queue_mdn *queue,
                                                 double time)
{
    if (time < 0)
        return 0;
    double k = floor(time / queue->service) + 1;
    double mean = queue->rate * (k * queue->service - time), sum = 0;
    size_t most = (size_t)k * queue->servers - 1;
    for (size_t j = 0; j <= most; j++) {
        size_t waiting = most - j;
        double up_to = waiting < queue->states ? queue->waiting_up_to[waiting] : 1;
        sum += up_to * (mean > 0 ? queue_poisson(mean, (double)j) : j == 0);
    }
    return fmin(sum, 1);
}

/* The wait that `fraction` of the arrivals do not exceed. */
static inline double queue_mdn_wait_quantile(const struct queue_mdn *queue,
                                             double fraction)
{
    if (queue_mdn_wait_distribution(queue, 0) >= fraction)
        return 0;
    double low = 0, high = queue->service;
    while (queue_mdn_wait_distribution(queue, high) < fraction)
        high *= 2;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (queue_mdn_wait_distribution(queue, middle) < fraction)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static inline double queue_mdn_mean_wait(const struct queue_mdn *queue)
{
    /* Little: those that wait, over the rate at which they come. */
    double waiting = 0;
    for (size_t i = 0; i < queue->states; i++)
        waiting += 1 - queue->waiting_up_to[i];
    return waiting / queue->rate;
}

#endif
