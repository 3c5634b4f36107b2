/* queueing.c - see queueing.h. */
#include "base/queueing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The tail falls off by a constant factor per state; this many reach far below what a
 * double can tell, up to a load of 0.98 or so. */
#define STATES_PER_SERVER 64
#define STATES_LEAST      2048
#define ROUNDS_MOST       20000
#define CONVERGED         1e-15

static double poisson(double mean, double k)
{
    return exp(k * log(mean) - mean - lgamma(k + 1));
}

/* One service time later: those in service have left, a Poisson number has come. */
static double advance(const struct queue_mdn *queue, const double *arrivals,
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

void queue_mdn_init(struct queue_mdn *queue, unsigned servers, double rate,
                    double service)
{
    *queue = (struct queue_mdn){
        .servers = servers,
        .rate = rate,
        .service = service,
        .states = STATES_LEAST + (size_t)servers * STATES_PER_SERVER,
    };
    double mean = rate * service;
    size_t arrivals_count = (size_t)(mean + 12 * sqrt(mean) + 30);
    double *arrivals = memory_allocate(arrivals_count * sizeof *arrivals);
    double *now = memory_allocate_zeroed(queue->states, sizeof *now);
    double *next = memory_allocate_zeroed(queue->states, sizeof *next);
    for (size_t k = 0; k < arrivals_count; k++)
        arrivals[k] = poisson(mean, (double)k);
    now[0] = 1;
    for (int round = 0; round < ROUNDS_MOST; round++) {
        double change = advance(queue, arrivals, arrivals_count, now, next);
        double *swapped = now;
        now = next;
        next = swapped;
        if (change < CONVERGED)
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

void queue_mdn_release(struct queue_mdn *queue)
{
    free(queue->waiting_up_to);
    *queue = (struct queue_mdn){0};
}

double queue_mdn_wait_distribution(const struct queue_mdn *queue, double time)
{
    if (time < 0)
        return 0;
    double k = floor(time / queue->service) + 1;
    double mean = queue->rate * (k * queue->service - time), sum = 0;
    size_t most = (size_t)k * queue->servers - 1;
    for (size_t j = 0; j <= most; j++) {
        size_t waiting = most - j;
        double up_to = waiting < queue->states ? queue->waiting_up_to[waiting] : 1;
        sum += up_to * (mean > 0 ? poisson(mean, (double)j) : j == 0);
    }
    return fmin(sum, 1);
}

double queue_mdn_wait_quantile(const struct queue_mdn *queue, double fraction)
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

double queue_mdn_mean_wait(const struct queue_mdn *queue)
{
    /* Little: those that wait, over the rate at which they come. */
    double waiting = 0;
    for (size_t i = 0; i < queue->states; i++)
        waiting += 1 - queue->waiting_up_to[i];
    return waiting / queue->rate;
}
