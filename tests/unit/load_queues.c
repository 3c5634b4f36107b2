/*
 * A pool of N threads with a fixed wait, under Poisson arrivals, is the queue M/D/N: its
 * latencies against tests/support/queueing.h.
 *
 * Two comparisons. With the formula: how far off a figure may be by chance is found by
 * simulating the same measurement many times (requests of a queue are correlated; nothing
 * can be taken from their number alone). And with a line that gets the very arrivals that
 * the generator drew from its seed, which leaves no chance at all: what is seen can only
 * be more, since no machine is faster than the wait and latency counts from the schedule.
 *
 * The machine adds to the wait, and a little more service is a lot more queue, so that
 * upper bounds use the service time as it is seen without a line, before and after, and
 * are checked only where QUEUE_SECONDS says that the machine is quiet, and for how long
 * each point is to be measured (scripts/truth).
 */
#include "tests/support/queueing.h"
#include "tests/support/served.h"
#include "tests/test.h"

#include <math.h>
#include <stdbool.h>

#include "base/compare.h"
#include "base/random.h"
#include "loadgen/engine/session.h"
#include "workload/schedule.h"

#define WAIT_S   0.01
#define WARMUP_S 1.0
#define REPEATS  200
/* Service times before and after that differ by more are no basis for an upper bound. */
#define STEADY 0.02

enum { MEAN, P50, P90, P99, FIGURES };
static const char *const figure_names[] = {"mean", "p50", "p90", "p99"};
static const double fractions[] = {0, 0.5, 0.9, 0.99};

static double window_s(void)
{
    const char *text = getenv("QUEUE_SECONDS");
    double seconds = text ? strtod(text, NULL) : 0;
    return seconds > 0 ? seconds : 3;
}

static void init_workload(struct workload *workload, double rate_rps, double seconds)
{
    workload_init(workload);
    workload_add_request(workload, "/wait:10ms");
    workload->rate_rps = rate_rps;
    workload->connections = rate_rps > 0 ? 512 : 1;
    workload->warmup_ns = rate_rps > 0 ? (uint64_t)(WARMUP_S * NS_PER_S) : 0;
    workload->duration_ns = (uint64_t)(seconds * NS_PER_S);
}

/* Latency figures in seconds; a closed loop of one client where the rate is 0. */
static void measure(const struct served *served, double rate_rps, double seconds,
                    uint64_t seed, double figures[FIGURES])
{
    struct error error;
    struct target target;
    struct load_result result;
    char *ignored, *url = memory_printf("http://127.0.0.1:%d", served->port);
    struct load_plan plan = {.threads = 1,
                             .sources = 1,
                             .seed = seed,
                             .interval_ns = NS_PER_S,
                             .drain_ns = 10 * NS_PER_S};
    init_workload(&plan.workload, rate_rps, seconds);
    assert_int_equal(target_parse(&target, &ignored, url, &error), 0);
    load_plan_add_target(&plan, &target);
    assert_int_equal(load_plan_build(&plan, &error), 0);
    if (session_run(&plan, -1, &result, &error) < 0)
        fail_msg("%s", error.text);
    struct counts counts = result.counts;
    assert_int_equal(counts.ended[OUTCOME_OK], counts.scheduled);
    const struct histogram *latency = result.latency.histogram;
    figures[MEAN] = histogram_mean(latency) / 1e9;
    for (int i = P50; i < FIGURES; i++)
        figures[i] = (double)histogram_quantile(latency, fractions[i]) / 1e9;
    load_result_release(&result);
    load_plan_release(&plan);
    free(url);
}

/* N servers with a common line; arrivals are put in as they come. */
struct line {
    unsigned servers;
    double service, free_at[64];
    double *latencies; /* of those that came after the warm-up; heap */
    size_t count, room;
};

static void line_init(struct line *line, unsigned servers, double service, size_t room)
{
    *line = (struct line){.servers = servers, .service = service, .room = room};
    line->latencies = memory_allocate(room * sizeof *line->latencies);
}

static void line_arrive(struct line *line, double now, bool counts)
{
    unsigned first = 0;
    for (unsigned s = 1; s < line->servers; s++)
        first = line->free_at[s] < line->free_at[first] ? s : first;
    line->free_at[first] = fmax(now, line->free_at[first]) + line->service;
    if (counts && line->count < line->room)
        line->latencies[line->count++] = line->free_at[first] - now;
}

static void line_finish(struct line *line, double figures[FIGURES])
{
    figures[MEAN] = 0;
    qsort(line->latencies, line->count, sizeof *line->latencies, compare_doubles);
    for (size_t i = 0; i < line->count; i++)
        figures[MEAN] += line->latencies[i] / (double)line->count;
    for (int i = P50; i < FIGURES; i++)
        figures[i] =
            line->latencies[(size_t)ceil(fractions[i] * (double)line->count) - 1];
    free(line->latencies);
}

/* One measurement of M/D/N as it would be without any machine. */
static void simulate(struct random *random, unsigned servers, double rate, double service,
                     double seconds, double figures[FIGURES])
{
    double now = 0, end = WARMUP_S + seconds;
    struct line line;
    line_init(&line, servers, service, (size_t)(2 * rate * end) + 100);
    while ((now += random_exponential(random, 1 / rate)) < end)
        line_arrive(&line, now, now >= WARMUP_S);
    line_finish(&line, figures);
}

/* The same with the arrivals that the generator draws from this seed. */
static void replay(unsigned servers, double rate, double service, double seconds,
                   uint64_t seed, double figures[FIGURES])
{
    struct workload workload;
    struct mix mix;
    struct schedule schedule;
    struct line line;
    init_workload(&workload, rate, seconds);
    mix_init(&mix, &workload, seed, 0);
    schedule_init(&schedule, &workload, seed, 0, 1);
    schedule_start(&schedule, 0, workload.warmup_ns,
                   workload.warmup_ns + workload.duration_ns);
    line_init(&line, servers, service, (size_t)(2 * rate * seconds) + 100);
    while (schedule.next_ns != UINT64_MAX) {
        line_arrive(&line, (double)schedule.next_ns / 1e9,
                    schedule.next_ns >= workload.warmup_ns);
        schedule_take(&schedule, &mix);
    }
    line_finish(&line, figures);
    schedule_release(&schedule);
    mix_release(&mix);
    workload_release(&workload);
}

/* Mean and standard deviation of each figure over many such measurements. */
static void expect_of(unsigned servers, double rate, double service, double seconds,
                      double means[FIGURES], double sigmas[FIGURES])
{
    struct random random;
    double one[FIGURES], squares[FIGURES] = {0};
    random_seed(&random, 99);
    memset(means, 0, FIGURES * sizeof *means);
    for (int i = 0; i < REPEATS; i++) {
        simulate(&random, servers, rate, service, seconds, one);
        for (int f = 0; f < FIGURES; f++) {
            means[f] += one[f] / REPEATS;
            squares[f] += one[f] * one[f] / REPEATS;
        }
    }
    for (int f = 0; f < FIGURES; f++)
        sigmas[f] = sqrt(fmax(0, squares[f] - means[f] * means[f]));
}

static void predict(unsigned servers, double rate, double service,
                    double figures[FIGURES])
{
    struct queue_mdn queue;
    queue_mdn_init(&queue, servers, rate, service);
    figures[MEAN] = service + queue_mdn_mean_wait(&queue);
    for (int f = P50; f < FIGURES; f++)
        figures[f] = service + queue_mdn_wait_quantile(&queue, fractions[f]);
    queue_mdn_release(&queue);
}

static void check_point(const struct served *served, unsigned servers, double load)
{
    double seconds = window_s(), rate = load * servers / WAIT_S;
    double alone[2][FIGURES], seen[FIGURES], theory[FIGURES], least[FIGURES];
    double exact[FIGURES], most[FIGURES], means[FIGURES], sigmas[FIGURES];
    uint64_t seed = 7 * servers + (uint64_t)(10 * load);
    measure(served, 0, 0.5, 1, alone[0]);
    measure(served, rate, seconds, seed, seen);
    measure(served, 0, 0.5, 1, alone[1]);
    double service = (alone[0][MEAN] + alone[1][MEAN]) / 2;
    bool steady = fabs(alone[0][MEAN] - alone[1][MEAN]) < STEADY * WAIT_S &&
                  rate * service / servers < 0.95;
    predict(servers, rate, steady ? service : WAIT_S, theory);
    expect_of(servers, rate, WAIT_S, seconds, means, sigmas);
    replay(servers, rate, WAIT_S, seconds, seed, least);
    replay(servers, rate, service, seconds, seed, exact);
    replay(servers, rate, service + STEADY * WAIT_S, seconds, seed, most);
    print_message("N = %u, load %.1f, service %.3f ms%s\n", servers, load, 1e3 * service,
                  steady ? "" : " (not steady)");
    for (int f = 0; f < FIGURES; f++) {
        print_message("  %-4s  seen %6.2f ms  same arrivals %6.2f ms (%+.1f %%)  M/D/N "
                      "%6.2f ms (%+.1f sampling errors)\n",
                      figure_names[f], 1e3 * seen[f], 1e3 * exact[f],
                      100 * (seen[f] / exact[f] - 1), 1e3 * theory[f],
                      (seen[f] - theory[f]) / fmax(sigmas[f], 1e-6));
        /* A bucket of the histogram is a thousandth wide. */
        assert_true(seen[f] >= 0.998 * least[f]);
        if (steady && getenv("QUEUE_SECONDS"))
            assert_true(seen[f] <= most[f] * (1 + STEADY));
    }
}

static void test_pools_are_mdn(void **state)
{
    (void)state;
    static const unsigned pools[] = {1, 2, 8};
    static const double loads[] = {0.5, 0.8};
    for (size_t p = 0; p < COUNT_OF(pools); p++) {
        char *options = memory_printf("threads=%u", pools[p]);
        struct served served = serve_with(&thread_pool_model, &usual_settings, options);
        for (size_t l = 0; l < COUNT_OF(loads); l++)
            check_point(&served, pools[p], loads[l]);
        assert_int_equal(stop(&served, NULL), 0);
        free(options);
    }
}

/* The formula is where the simulated measurements are, so that either may be held up. */
static void test_formula_and_simulation_agree(void **state)
{
    (void)state;
    double theory[FIGURES], means[FIGURES], sigmas[FIGURES];
    predict(2, 1.6 / WAIT_S, WAIT_S, theory);
    expect_of(2, 1.6 / WAIT_S, WAIT_S, 60, means, sigmas);
    for (int f = 0; f < FIGURES; f++)
        assert_true(fabs(means[f] - theory[f]) <=
                    5 * sigmas[f] / sqrt(REPEATS) + 0.01 * theory[f]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formula_and_simulation_agree),
        cmocka_unit_test(test_pools_are_mdn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
