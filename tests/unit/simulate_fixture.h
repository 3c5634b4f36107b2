/*
 * simulate_fixture.h - structures made by hand, random arrivals, and estimates of what
 * was simulated with their standard errors, by the method of batch means: the replies, in
 * their order, are cut into batches so long that their means are nearly independent
 * (A. M. Law, "Simulation modeling and analysis", 2015, 9.5.3).
 */
#ifndef TESTS_UNIT_SIMULATE_FIXTURE_H
#define TESTS_UNIT_SIMULATE_FIXTURE_H

#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/simulate/simulate.h"
#include "base/clock.h"
#include "base/compare.h"
#include "base/random.h"
#include "base/text.h"
#include "tests/support/near.h"

#define MS 1e6 /* in ns, of variates */

/* ---- structures ------------------------------------------------------------------- */

/* Everything is there for all, and nobody shares anything, but for `cores`. */
static inline struct structure structure_of_cores(uint64_t cores)
{
    return (struct structure){.homes = 1, .cores = cores};
}

static inline uint32_t add_servers(struct structure *structure, const char *name,
                                   uint64_t servers)
{
    return structure_add_station(structure,
                                 (struct station_spec){.name = name, .servers = servers});
}

/* A class whose requests hold a server of the station for a time. */
static inline void add_holding(struct structure *structure, uint32_t station,
                               struct variate time)
{
    struct action_list *program = structure_add_program(structure);
    actions_enter(program, station);
    actions_wait(program, time);
    actions_leave(program, station);
}

/* A class whose requests compute, each on a thread of its own. */
static inline void add_computing(struct structure *structure, struct variate time)
{
    actions_compute(structure_add_program(structure), time);
}

/* N servers with a common line. */
static inline struct structure structure_of_line(uint64_t servers, struct variate time)
{
    struct structure structure = structure_of_cores(1);
    add_holding(&structure, add_servers(&structure, "servers", servers), time);
    return structure;
}

/* ---- loads ------------------------------------------------------------------------ */

/* Poisson arrivals of two classes, the second with probability other_share. */
struct poisson_arrivals {
    struct random random;
    double gap_ns, now_ns, other_share;
    uint64_t count; /* so far */
};

static inline bool poisson_next(void *context, struct planned_arrival *arrival)
{
    struct poisson_arrivals *arrivals = context;
    arrivals->now_ns += random_exponential(&arrivals->random, arrivals->gap_ns);
    arrivals->count++;
    arrival->due_ns = (uint64_t)arrivals->now_ns;
    arrival->class_index = arrivals->other_share > 0 &&
                           random_unit(&arrivals->random) < arrivals->other_share;
    return true;
}

static inline void poisson_init(struct poisson_arrivals *arrivals, double rate_rps,
                                uint64_t seed)
{
    *arrivals = (struct poisson_arrivals){.gap_ns = NS_PER_S / rate_rps};
    random_seed(&arrivals->random, seed);
}

/* The window begins at 0. */
static inline struct client_load open_load(struct poisson_arrivals *arrivals,
                                           double seconds)
{
    return (struct client_load){.end_ns = (uint64_t)(seconds * NS_PER_S),
                                .connections = 100000,
                                .arrive = poisson_next,
                                .context = arrivals,
                                .connects_as_needed = true};
}

static const double only_class[] = {1};

static inline struct client_load closed_load(uint64_t clients, double seconds)
{
    return (struct client_load){.end_ns = (uint64_t)(seconds * NS_PER_S),
                                .connections = clients,
                                .weights = only_class};
}

/* ---- estimates -------------------------------------------------------------------- */

#define BATCHES 25

/* Latencies in ns, in the order of the replies. */
struct latency_list {
    uint32_t class_index; /* of this class; UINT32_MAX: of all */
    double *items;        /* heap */
    size_t count, room;
};

static inline void note_reply(void *context, uint32_t class_index, uint64_t due_ns,
                              uint64_t done_ns)
{
    struct latency_list *list = context;
    if (list->class_index != UINT32_MAX && list->class_index != class_index)
        return;
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 4096;
        list->items = memory_resize(list->items, list->room * sizeof *list->items);
    }
    list->items[list->count++] = (double)(done_ns - due_ns);
}

struct batch_estimate {
    double mean, mean_error, p99, p99_error; /* ms */
};

static inline double quantile_of(const double *values, size_t count, double fraction)
{
    double *sorted = memory_allocate(count * sizeof *sorted);
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    double value = sorted[(size_t)ceil(fraction * (double)count) - 1];
    free(sorted);
    return value;
}

/* Of the mean over all batches. */
static inline double error_of(const double *batches)
{
    double mean = 0, squares = 0;
    for (int b = 0; b < BATCHES; b++)
        mean += batches[b] / BATCHES;
    for (int b = 0; b < BATCHES; b++)
        squares += (batches[b] - mean) * (batches[b] - mean);
    return sqrt(squares / (BATCHES - 1) / BATCHES);
}

/* Without the first of BATCHES + 1 batches: it begins empty. */
static inline struct batch_estimate estimate_of(const struct latency_list *list)
{
    size_t batch = list->count / (BATCHES + 1);
    const double *values = list->items + (list->count - batch * BATCHES);
    double means[BATCHES], p99s[BATCHES];
    struct batch_estimate estimate = {0};
    assert_true(batch >= 1000);
    for (size_t b = 0; b < BATCHES; b++) {
        means[b] = 0;
        for (size_t i = 0; i < batch; i++)
            means[b] += values[b * batch + i] / MS / (double)batch;
        estimate.mean += means[b] / BATCHES;
        p99s[b] = quantile_of(values + b * batch, batch, 0.99) / MS;
    }
    estimate.mean_error = error_of(means);
    estimate.p99 = quantile_of(values, batch * BATCHES, 0.99) / MS;
    estimate.p99_error = error_of(p99s);
    return estimate;
}

static inline struct simulation_result simulate_well(const struct simulation *simulation)
{
    struct simulation_result result;
    struct error error;
    if (simulate(simulation, &result, &error) < 0)
        fail_msg("%s", error.text);
    return result;
}

/* Of one class, or of all (UINT32_MAX). */
static inline struct batch_estimate simulate_estimate(const struct structure *structure,
                                                      const struct client_load *load,
                                                      uint32_t class_index)
{
    struct latency_list list = {.class_index = class_index};
    struct simulation simulation = {.structure = structure,
                                    .load = load,
                                    .seed = 1,
                                    .on_reply = note_reply,
                                    .context = &list};
    struct simulation_result result = simulate_well(&simulation);
    struct batch_estimate estimate = estimate_of(&list);
    simulation_result_release(&result);
    free(list.items);
    return estimate;
}

/* Within three standard errors. */
static inline void expect_estimate(const char *what, double got, double error,
                                   double expected)
{
    if (!(fabs(got - expected) <= 3 * error))
        fail_msg("%s: %.6g is not %.6g: %+.2f standard errors of %.2g", what, got,
                 expected, (got - expected) / error, error);
    /* An error so large that nothing could fail is no test. */
    if (!(error < 0.05 * expected))
        fail_msg("%s: the standard error of %.6g is %.2g", what, got, error);
}

#endif
