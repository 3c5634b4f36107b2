/*
 * queueing.h - the queue M/D/N: Poisson arrivals, N servers, one fixed service time, a
 * common line. What a pool of N threads with a fixed wait is, to hold the instrument
 * against (METHOD 4). M/D/1 is a single server that takes one at a time.
 *
 * The number in the system is found from one service time to the next: all that were in
 * service have left by then, and a Poisson number has come (C. D. Crommelin, "Delay
 * probability formulae when the holding times are constant", P.O. Elect. Engrs. J. 25,
 * 1932). The waiting time follows as a sum of positive terms (G. J. Franx, "A simple
 * solution for the M/D/c waiting time distribution", Oper. Res. Letters 29, 2001).
 */
#ifndef BASE_QUEUEING_H
#define BASE_QUEUEING_H

#include <stddef.h>

struct queue_mdn {
    unsigned servers;
    double rate;    /* arrivals per unit of time */
    double service; /* time, in the same unit */
    size_t states;
    double *waiting_up_to; /* P(at most i wait in line), i < states; heap */
};

/* The load, rate * service / servers, must be below 1. Release it. */
void queue_mdn_init(struct queue_mdn *queue, unsigned servers, double rate,
                    double service);
void queue_mdn_release(struct queue_mdn *queue);

/* P(wait in line <= time). */
double queue_mdn_wait_distribution(const struct queue_mdn *queue, double time);

/* The wait that `fraction` of the arrivals do not exceed. */
double queue_mdn_wait_quantile(const struct queue_mdn *queue, double fraction);

double queue_mdn_mean_wait(const struct queue_mdn *queue);

#endif
