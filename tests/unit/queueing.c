/*
 * M/D/N against M/D/1 in closed form, against the formula of the mean that needs no
 * states, and against a simulation that knows nothing of either.
 */
#include "tests/test.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "tests/support/near.h"
#include "tests/support/queueing.h"

/* Erlang's formula; its terms alternate, so for short waits only. */
static double md1_distribution(double load, double time)
{
    double sum = 0;
    for (double k = 0; k <= floor(time); k++) {
        double x = load * (k - time);
        sum += exp(-x) * pow(x, k) / tgamma(k + 1);
    }
    return (1 - load) * sum;
}

static void test_one_server(void **state)
{
    (void)state;
    static const double loads[] = {0.1, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999};
    for (size_t i = 0; i < COUNT_OF(loads); i++) {
        struct queue_mdn queue;
        queue_mdn_init(&queue, 1, loads[i] / 3, 3);
        expect_near(queue_mdn_mean_wait(&queue), 3 * loads[i] / (2 * (1 - loads[i])),
                    1e-6);
        for (double time = 0; time < 8; time += 0.37)
            expect_near(queue_mdn_wait_distribution(&queue, 3 * time),
                        md1_distribution(loads[i], time), 1e-7);
        /* Quantiles invert the distribution. */
        double p99 = queue_mdn_wait_quantile(&queue, 0.99);
        expect_near(queue_mdn_wait_distribution(&queue, p99), 0.99, 1e-9);
        queue_mdn_release(&queue);
    }
}

/* A line that is never there, and one that always is. */
static void test_bounds(void **state)
{
    (void)state;
    struct queue_mdn queue;
    queue_mdn_init(&queue, 8, 0.8, 1);
    assert_true(queue_mdn_wait_distribution(&queue, 0) > 0.999);
    assert_true(queue_mdn_wait_quantile(&queue, 0.99) == 0);
    assert_true(queue_mdn_wait_distribution(&queue, -1) == 0);
    queue_mdn_release(&queue);
    queue_mdn_init(&queue, 2, 1.8, 1);
    double last = 0;
    for (double time = 0; time < 30; time += 0.01) {
        double now = queue_mdn_wait_distribution(&queue, time);
        assert_true(now >= last - 1e-9 && now <= 1);
        last = now;
    }
    assert_true(last > 0.9999);
    /* The area above the distribution is the mean. */
    double area = 0;
    for (double time = 0.0005; time < 60; time += 0.001)
        area += (1 - queue_mdn_wait_distribution(&queue, time)) * 0.001;
    expect_near(queue_mdn_mean_wait(&queue), area, 1e-4);
    queue_mdn_release(&queue);
}

/* Arrivals go to the server that is free first; batch means tell the error. */
static void simulate(unsigned servers, double rate, double *mean, double *error,
                     double *up_to_half)
{
    enum { BATCHES = 40, BATCH = 10000 };
    struct random random;
    random_seed(&random, 17);
    double *free_at = calloc(servers, sizeof *free_at), now = 0;
    double sum = 0, squares = 0, quick = 0;
    for (int b = -1; b < BATCHES; b++) { /* the first one warms up */
        double batch = 0;
        for (int i = 0; i < BATCH; i++) {
            unsigned first = 0;
            now += random_exponential(&random, 1 / rate);
            for (unsigned s = 1; s < servers; s++)
                first = free_at[s] < free_at[first] ? s : first;
            double begin = fmax(now, free_at[first]);
            free_at[first] = begin + 1;
            batch += (begin - now) / BATCH;
            quick += b >= 0 && begin - now <= 0.5;
        }
        sum += b >= 0 ? batch : 0;
        squares += b >= 0 ? batch * batch : 0;
    }
    free(free_at);
    *mean = sum / BATCHES;
    *error = sqrt((squares / BATCHES - *mean * *mean) / (BATCHES - 1));
    *up_to_half = quick / ((double)BATCHES * BATCH);
}

/*
 * The mean wait by Crommelin's formula, which knows of no states: the number in the
 * system has a generating function whose zeros in the unit disc are the roots of z^N =
 * exp(load (z - 1)), each found by iteration.
 */
static double mean_wait_by_roots(unsigned servers, double load)
{
    double sum = 0, c = servers;
    for (unsigned k = 1; k < servers; k++) {
        double complex turn = cexp(2 * acos(-1.0) * I * k / c), z = 0;
        for (int i = 0; i < 2000; i++)
            z = turn * cexp(load * (z - 1) / c);
        sum += creal(1 / (1 - z));
    }
    double waiting =
        (load * load - c * (c - 1) + 2 * (c - load) * sum) / (2 * (c - load));
    return waiting / load;
}

static void test_against_the_roots(void **state)
{
    (void)state;
    static const unsigned servers[] = {1, 2, 8, 64};
    static const double loads[] = {0.5, 0.9, 0.99};
    for (size_t i = 0; i < COUNT_OF(servers); i++) {
        for (size_t k = 0; k < COUNT_OF(loads); k++) {
            struct queue_mdn queue;
            double rate = loads[k] * servers[i];
            queue_mdn_init(&queue, servers[i], rate, 1);
            double mean = mean_wait_by_roots(servers[i], rate);
            expect_near(queue_mdn_mean_wait(&queue), mean, 1e-9 + 1e-7 * mean);
            queue_mdn_release(&queue);
        }
    }
}

static void test_against_a_simulation(void **state)
{
    (void)state;
    static const struct {
        unsigned servers;
        double load;
    } cases[] = {{1, 0.5}, {2, 0.5}, {2, 0.8}, {8, 0.5}, {8, 0.8}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double rate = cases[i].load * cases[i].servers, mean, error, up_to_half;
        struct queue_mdn queue;
        queue_mdn_init(&queue, cases[i].servers, rate, 1);
        simulate(cases[i].servers, rate, &mean, &error, &up_to_half);
        expect_near(queue_mdn_mean_wait(&queue), mean, 5 * error);
        expect_near(queue_mdn_wait_distribution(&queue, 0.5), up_to_half, 0.01);
        queue_mdn_release(&queue);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_server),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_against_the_roots),
        cmocka_unit_test(test_against_a_simulation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
