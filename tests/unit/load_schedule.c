/* Arrivals: rates, gaps, superposition over threads, seeds, the mix. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/text.h"
#include "workload/schedule.h"

#define START 1000000000ULL

static void make_workload(struct workload *workload, double rate, int arrivals)
{
    workload_init(workload);
    workload_add_request(workload, "/");
    workload->rate_rps = rate;
    workload->arrivals = arrivals;
}

/* All arrivals of one thread before `end_ns`; returns their number. */
static size_t draw(const struct workload *workload, uint64_t seed, unsigned thread,
                   unsigned threads, uint64_t end_ns, uint64_t *times, uint32_t *requests,
                   size_t room)
{
    struct schedule schedule;
    struct mix mix;
    mix_init(&mix, workload, seed, thread);
    schedule_init(&schedule, workload, seed, thread, threads);
    assert_true(schedule.next_ns == UINT64_MAX);
    schedule_start(&schedule, START, START, end_ns);
    size_t count = 0;
    while (schedule.next_ns != UINT64_MAX) {
        assert_true(count < room);
        times[count] = schedule.next_ns;
        uint32_t request = schedule_take(&schedule, &mix);
        if (requests)
            requests[count] = request;
        count++;
    }
    schedule_release(&schedule);
    mix_release(&mix);
    return count;
}

static int compare_times(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void test_constant_threads_interleave(void **state)
{
    (void)state;
    struct workload workload;
    make_workload(&workload, 1000, ARRIVALS_CONSTANT);
    uint64_t times[4000];
    size_t count = 0;
    for (unsigned thread = 0; thread < 3; thread++)
        count += draw(&workload, 7, thread, 3, START + 2 * NS_PER_S, times + count, NULL,
                      COUNT_OF(times) - count);
    assert_int_equal(count, 2000);
    qsort(times, count, sizeof *times, compare_times);
    for (size_t i = 1; i < count; i++) {
        uint64_t gap = times[i] - times[i - 1];
        assert_in_range(gap, NS_PER_MS - 1, NS_PER_MS + 1);
    }
    assert_in_range(times[0], START, START + NS_PER_MS);
    workload_release(&workload);
}

static void test_slow_rates_do_not_drift(void **state)
{
    (void)state;
    struct workload workload;
    make_workload(&workload, 0.1, ARRIVALS_CONSTANT);
    uint64_t times[400];
    size_t count = draw(&workload, 3, 0, 1, START + NS_PER_H, times, NULL, 400);
    assert_int_equal(count, 360);
    assert_in_range(times[359] - times[0], 359 * 10 * NS_PER_S - 1,
                    359 * 10 * NS_PER_S + 1);
    workload_release(&workload);
}

/*
 * Gaps of the superposition of threads are exponential: the mean within 5 standard
 * errors, and the largest distance of the distribution functions (Kolmogorov-Smirnov)
 * below 2.2 / sqrt(n), which chance exceeds in fewer than 1 of 10,000 seeds. The seed
 * is fixed, so that the test always says the same.
 */
static void test_poisson_gaps_are_exponential(void **state)
{
    (void)state;
    struct workload workload;
    make_workload(&workload, 10000, ARRIVALS_POISSON);
    size_t room = 150000, count = 0;
    uint64_t *times = memory_allocate(room * sizeof *times);
    for (unsigned thread = 0; thread < 4; thread++)
        count += draw(&workload, 42, thread, 4, START + 10 * NS_PER_S, times + count,
                      NULL, room - count);
    /* The number itself is Poisson: variance = mean. */
    assert_true(fabs((double)count - 100000) < 5 * sqrt(100000));
    qsort(times, count, sizeof *times, compare_times);
    double *gaps = memory_allocate(count * sizeof *gaps);
    double sum = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        gaps[i] = (double)(times[i + 1] - times[i]);
        sum += gaps[i];
    }
    size_t n = count - 1;
    double mean = sum / (double)n;
    qsort(gaps, n, sizeof *gaps, compare_doubles);
    double distance = 0;
    for (size_t i = 0; i < n; i++) {
        double expected = 1 - exp(-gaps[i] / mean);
        distance = fmax(distance, fabs(expected - (double)i / (double)n));
        distance = fmax(distance, fabs(expected - (double)(i + 1) / (double)n));
    }
    assert_true(distance < 2.2 / sqrt((double)n));
    free(times);
    free(gaps);
    workload_release(&workload);
}

static void test_seed_decides(void **state)
{
    (void)state;
    struct workload workload;
    make_workload(&workload, 500, ARRIVALS_POISSON);
    uint64_t first[1000], again[1000], other[1000];
    size_t count = draw(&workload, 5, 1, 2, START + NS_PER_S, first, NULL, 1000);
    assert_int_equal(draw(&workload, 5, 1, 2, START + NS_PER_S, again, NULL, 1000),
                     count);
    assert_memory_equal(first, again, count * sizeof *first);
    draw(&workload, 6, 1, 2, START + NS_PER_S, other, NULL, 1000);
    assert_true(first[0] != other[0]);
    workload_release(&workload);
}

static void test_mix_and_own_rates(void **state)
{
    (void)state;
    struct workload workload;
    make_workload(&workload, 20000, ARRIVALS_POISSON);
    workload.requests[0].weight = 90;
    workload_add_request(&workload, "/rare")->weight = 10;
    struct request *own = workload_add_request(&workload, "/own");
    own->rate_rps = 5;
    own->arrivals = ARRIVALS_CONSTANT;
    size_t room = 300000;
    uint64_t *times = memory_allocate(room * sizeof *times);
    uint32_t *requests = memory_allocate(room * sizeof *requests);
    size_t count = draw(&workload, 1, 0, 1, START + 10 * NS_PER_S, times, requests, room);
    double counts[3] = {0};
    for (size_t i = 0; i < count; i++) {
        counts[requests[i]]++;
        assert_true(i == 0 || times[i] >= times[i - 1]);
    }
    assert_true(counts[2] == 50);
    double mixed = counts[0] + counts[1];
    assert_true(fabs(counts[1] - 0.1 * mixed) < 5 * sqrt(mixed * 0.1 * 0.9));
    free(times);
    free(requests);
    workload_release(&workload);
}

/* By the schedule itself: a minute at slow rates, over threads and one by one. */
static void test_no_drift_over_a_minute(void **state)
{
    (void)state;
    static const double rates[] = {0.1, 0.3, 1, 3, 7, 10, 49.9, 50};
    for (size_t r = 0; r < COUNT_OF(rates); r++) {
        for (unsigned threads = 1; threads <= 4; threads += 3) {
            struct workload workload;
            make_workload(&workload, rates[r], ARRIVALS_CONSTANT);
            uint64_t times[4000];
            size_t count = 0;
            for (unsigned thread = 0; thread < threads; thread++)
                count += draw(&workload, 11, thread, threads, START + 60 * NS_PER_S,
                              times + count, NULL, 4000 - count);
            qsort(times, count, sizeof *times, compare_times);
            assert_true(fabs((double)count - 60 * rates[r]) <= 1);
            double gap_ns = NS_PER_S / rates[r];
            for (size_t i = 0; i < count; i++)
                assert_true(fabs((double)(times[i] - times[0]) - (double)i * gap_ns) <=
                            1.5);
            workload_release(&workload);
        }
    }
}

/*
 * Arrivals of phases: in the time in which the rate would be 1 they are Poisson with
 * rate 1, so that their number in any stretch is Poisson with the integral as its mean.
 */
static void test_phases_bend_time(void **state)
{
    (void)state;
    static const struct load_phase phases[] = {
        {.shape = PHASE_STEP, .duration_ns = 4 * NS_PER_S, .level = 1000},
        {.shape = PHASE_RAMP, .duration_ns = 4 * NS_PER_S, .level = 0, .to = 4000},
        {.shape = PHASE_BURST,
         .duration_ns = 4 * NS_PER_S,
         .level = 100,
         .to = 20000,
         .period_ns = NS_PER_S,
         .burst_ns = 50 * NS_PER_MS},
        {.shape = PHASE_SINE,
         .duration_ns = 4 * NS_PER_S,
         .level = 2000,
         .to = 4000,
         .period_ns = 2 * NS_PER_S},
    };
    struct workload workload;
    workload_init(&workload);
    workload_add_request(&workload, "/");
    for (size_t i = 0; i < COUNT_OF(phases); i++)
        workload_add_phase(&workload, &phases[i]);
    workload_settle_duration(&workload, 0);
    for (int arrivals = 0; arrivals < 2; arrivals++) {
        workload.arrivals = arrivals;
        size_t room = 100000, count = 0;
        uint64_t *times = memory_allocate(room * sizeof *times);
        for (unsigned thread = 0; thread < 3; thread++)
            count += draw(&workload, 8, thread, 3, START + 17 * NS_PER_S, times + count,
                          NULL, room - count);
        qsort(times, count, sizeof *times, compare_times);
        struct load_profile profile;
        load_profile_init(&profile, &workload);
        size_t i = 0;
        for (double from = 0; from < 17; from += 0.125) {
            double expected = load_profile_area(&profile, from + 0.125) -
                              load_profile_area(&profile, from);
            size_t seen = 0;
            for (; i < count && (double)(times[i] - START) < (from + 0.125) * 1e9; i++)
                seen++;
            double most = arrivals == ARRIVALS_CONSTANT ? 1.01 : 5 * sqrt(expected) + 1;
            assert_true(fabs((double)seen - expected) <= most);
        }
        assert_int_equal(i, count);
        load_profile_release(&profile);
        free(times);
    }
    workload_release(&workload);
}

static void test_trace_is_dealt_out(void **state)
{
    (void)state;
    struct trace_entry *entries = memory_allocate(10 * sizeof *entries);
    for (uint32_t i = 0; i < 10; i++)
        entries[i] = (struct trace_entry){.at_ns = i * i * NS_PER_MS, .request = i % 2};
    struct workload workload;
    workload_init(&workload);
    for (int i = 0; i < 2; i++)
        workload_add_request(&workload, "/")->from_trace = true;
    workload.trace.entries = entries;
    workload.trace.count = 10;
    uint64_t times[10];
    uint32_t requests[10];
    size_t count = 0;
    for (unsigned thread = 0; thread < 3; thread++)
        count += draw(&workload, 1, thread, 3, START + NS_PER_S, times + count,
                      requests + count, 10 - count);
    assert_int_equal(count, 10);
    for (size_t i = 0; i < 10; i++) {
        size_t entry = i < 4 ? i * 3 : i < 7 ? (i - 4) * 3 + 1 : (i - 7) * 3 + 2;
        assert_int_equal(times[i], START + entry * entry * NS_PER_MS);
        assert_int_equal(requests[i], entry % 2);
    }
    workload_release(&workload);
}

/* Requests before the window are free; then every thread has its share. */
static void test_request_limit(void **state)
{
    (void)state;
    struct workload workload;
    make_workload(&workload, 1000, ARRIVALS_CONSTANT);
    workload.request_limit = 11;
    size_t total = 0;
    for (unsigned thread = 0; thread < 3; thread++) {
        struct schedule schedule;
        struct mix mix;
        mix_init(&mix, &workload, 1, thread);
        schedule_init(&schedule, &workload, 1, thread, 3);
        schedule_start(&schedule, START, START + 10 * NS_PER_MS, START + NS_PER_S);
        while (schedule.next_ns != UINT64_MAX) {
            schedule_take(&schedule, &mix);
            total++;
        }
        assert_int_equal(schedule.left, 0);
        assert_false(schedule_claim(&schedule, START + 20 * NS_PER_MS));
        schedule_release(&schedule);
        mix_release(&mix);
    }
    assert_int_equal(total, 10 + 11);
    workload_release(&workload);
}

static void test_end_may_move(void **state)
{
    (void)state;
    struct workload workload;
    make_workload(&workload, 1000, ARRIVALS_CONSTANT);
    struct schedule schedule;
    struct mix mix;
    mix_init(&mix, &workload, 1, 0);
    schedule_init(&schedule, &workload, 1, 0, 1);
    schedule_start(&schedule, START, START, START + NS_PER_S);
    schedule_end_at(&schedule, START + 10 * NS_PER_MS);
    int count = 0;
    for (; schedule.next_ns != UINT64_MAX; count++)
        schedule_take(&schedule, &mix);
    assert_int_equal(count, 10);
    schedule_release(&schedule);
    mix_release(&mix);
    workload_release(&workload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant_threads_interleave),
        cmocka_unit_test(test_slow_rates_do_not_drift),
        cmocka_unit_test(test_poisson_gaps_are_exponential),
        cmocka_unit_test(test_seed_decides),
        cmocka_unit_test(test_mix_and_own_rates),
        cmocka_unit_test(test_no_drift_over_a_minute),
        cmocka_unit_test(test_phases_bend_time),
        cmocka_unit_test(test_trace_is_dealt_out),
        cmocka_unit_test(test_request_limit),
        cmocka_unit_test(test_end_may_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
