/*
 * queueing.h - the queue M/D/N: Poisson arrivals, N servers, one fixed service time, a
 * common line. A pool of N threads whose requests all wait for the same time is such a
 * queue, so that the latencies that the generator sees can be held against these
 * formulas. M/D/1 has a single server that takes one at a time.
 *
 * From one service time to the next all that were in service leave, and a Poisson number
 * comes (C. D. Crommelin, "Delay probability formulae when the holding times are
 * constant", P.O. Elect. Engrs. J. 25, 1932): these equations of balance are solved as
 * they stand. There is no end to the states: from some state on each is less likely than
 * the one before by the same factor (H. C. Tijms, "A First Course in Stochastic Models",
 * 2003, 9.6), so that the tail has one unknown, and none of it is cut off. The waiting
 * time follows as a sum of positive terms (G. J. Franx, "A simple solution for the M/D/c
 * waiting time distribution", Oper. Res. Letters 29, 2001).
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
    double decay;   /* of the tail: P(i + 1 in the system) / P(i in the system) */
    size_t count;   /* of the next; all further ones fall by `decay` */
    double *beyond; /* P(more than i wait in line); heap */
};

/* The terms that are not of the tail fall off by some exp(sqrt(2 pi / N)) per state. */
#define QUEUE_STATES_LEAST    64
#define QUEUE_STATES_PER_ROOT 30

static inline double queue_poisson(double mean, double k)
{
    return exp(k * log(mean) - mean - lgamma(k + 1));
}

/* 1/z for the root z > 1 of z^N = exp(load (z - 1)), where `load` is in servers. */
static inline double queue_decay(unsigned servers, double load)
{
    double low = servers / load, high = 2 * low; /* the maximum of the difference */
    while (servers * log(high) > load * (high - 1))
        high *= 2;
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        if (servers * log(middle) > load * (middle - 1))
            low = middle;
        else
            high = middle;
    }
    return 1 / low;
}

/* Gaussian elimination with pivots; the solution takes the place of `right`. */
static inline void queue_solve(double *matrix, double *right, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabs(matrix[i * n + k]) > fabs(matrix[pivot * n + k]))
                pivot = i;
        for (size_t j = 0; j < n; j++) {
            double swapped = matrix[k * n + j];
            matrix[k * n + j] = matrix[pivot * n + j];
            matrix[pivot * n + j] = swapped;
        }
        double swapped = right[k];
        right[k] = right[pivot];
        right[pivot] = swapped;
        for (size_t i = k + 1; i < n; i++) {
            double factor = matrix[i * n + k] / matrix[k * n + k];
            for (size_t j = k; factor != 0 && j < n; j++)
                matrix[i * n + j] -= factor * matrix[k * n + j];
            right[i] -= factor * right[k];
        }
    }
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++)
            right[k] -= matrix[k * n + j] * right[j];
        right[k] /= matrix[k * n + k];
    }
}

/* Balance of the states but the last one, in whose place stands that all add up to 1. */
static inline void queue_balance(const struct queue_mdn *queue, double *matrix, size_t n)
{
    size_t c = queue->servers;
    double mean = queue->rate * queue->service;
    for (size_t j = 0; j + 1 < n; j++) {
        double *row = matrix + j * n;
        for (size_t i = 0; i <= j + c; i++) {
            double arrivals = queue_poisson(mean, (double)(i <= c ? j : j + c - i));
            row[i < n ? i : n - 1] -=
                i < n ? arrivals : arrivals * pow(queue->decay, (double)(i - n + 1));
        }
        row[j] += 1;
    }
    for (size_t i = 0; i < n; i++)
        matrix[(n - 1) * n + i] = i + 1 < n ? 1 : 1 / (1 - queue->decay);
}

/* The load, rate * service / servers, must be below 1. Release it. */
static inline void queue_mdn_init(struct queue_mdn *queue, unsigned servers, double rate,
                                  double service)
{
    if (!(rate * service > 0 && rate * service < servers))
        abort(); /* the line grows without end */
    size_t n = servers + QUEUE_STATES_LEAST +
               (size_t)(QUEUE_STATES_PER_ROOT * sqrt((double)servers));
    *queue = (struct queue_mdn){.servers = servers,
                                .rate = rate,
                                .service = service,
                                .decay = queue_decay(servers, rate * service)};
    double *matrix = memory_allocate_zeroed(n * n, sizeof *matrix);
    double *in_system = memory_allocate_zeroed(n, sizeof *in_system);
    in_system[n - 1] = 1;
    queue_balance(queue, matrix, n);
    queue_solve(matrix, in_system, n);
    free(matrix);
    /* Those beyond the servers wait; added up from the tail, small terms first. */
    queue->count = n - servers;
    queue->beyond = memory_allocate(queue->count * sizeof *queue->beyond);
    queue->beyond[queue->count - 1] =
        in_system[n - 1] * queue->decay / (1 - queue->decay);
    for (size_t i = queue->count - 1; i-- > 0;)
        queue->beyond[i] = queue->beyond[i + 1] + in_system[i + servers + 1];
    free(in_system);
}

static inline void queue_mdn_release(struct queue_mdn *queue)
{
    free(queue->beyond);
    *queue = (struct queue_mdn){0};
}

/* P(at most i wait in line). */
static inline double queue_mdn_waiting_up_to(const struct queue_mdn *queue, size_t i)
{
    return i < queue->count ? 1 - queue->beyond[i]
                            : 1 - queue->beyond[queue->count - 1] *
                                      pow(queue->decay, (double)(i - queue->count + 1));
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
        double up_to = queue_mdn_waiting_up_to(queue, most - j);
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
    double waiting = queue->beyond[queue->count - 1] * queue->decay / (1 - queue->decay);
    for (size_t i = queue->count; i-- > 0;)
        waiting += queue->beyond[i];
    return waiting / queue->rate;
}

#endif
