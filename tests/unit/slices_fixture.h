/*
 * slices_fixture.h - pairs of processes that had the load by turns, and never were: for
 * results that are made in memory (results_fixture.h).
 */
#ifndef TESTS_UNIT_SLICES_FIXTURE_H
#define TESTS_UNIT_SLICES_FIXTURE_H

#include "tests/unit/results_fixture.h"

/* A valid slice of a turn; too few samples for a p99, and the second server needs twice
 * the CPU time of the first one. */
static inline struct slice fixture_slice(uint64_t turn, int side, double throughput)
{
    return (struct slice){.turn = turn,
                          .side = side,
                          .duration_s = 0.35,
                          .throughput_rps = throughput,
                          .latency_mean_ns = 1e6,
                          .latency_p50_ns = 1e6,
                          .latency_p99_ns = NAN,
                          .replies = 100,
                          .generator_cpu_s = NAN,
                          .generator_run_delay_s = NAN,
                          .cpu_s = side == SLICE_FIRST ? 0.001 : 0.002,
                          .idle_cpu_s = 0,
                          .valid = true};
}

static inline void fixture_add_slice(struct slice_series *series, struct slice slice)
{
    *(struct slice *)record_append(&series->slices, &series->slice_count, sizeof slice) =
        slice;
}

/* Adds a valid pair of processes, without slices. It and its series can be changed until
 * the next one is added. */
static inline struct trial_record *fixture_add_pair(struct results *results,
                                                    const char *scenario,
                                                    const char *value, const char *first,
                                                    const char *second, uint64_t pair)
{
    struct trial_record *trial =
        fixture_add_trial(results, scenario, value, second, pair, 1);
    load_result_release(trial->load);
    free(trial->load);
    trial->load = NULL;
    trial->slices = memory_allocate(sizeof *trial->slices);
    record_init(&sliced_pair_type, trial->slices);
    trial->slices->against = memory_copy_string(first);
    struct slice_series *series = memory_allocate(sizeof *series);
    slice_series_init(series);
    series->mode = LOAD_CLOSED;
    for (int side = 0; side < SLICE_SIDES; side++)
        series->urls[side] = memory_copy_string("http://127.0.0.1:1");
    trial->slices->series = series;
    return trial;
}

/* ... with one turn, in which the second server has `ratio` times the throughput of the
 * first one, and all else is alike. */
static inline struct trial_record *
fixture_add_turn(struct results *results, const char *scenario, const char *value,
                 const char *first, const char *second, uint64_t pair, double ratio)
{
    struct trial_record *trial =
        fixture_add_pair(results, scenario, value, first, second, pair);
    struct slice_series *series = trial->slices->series;
    struct slice first_slice = fixture_slice(1, SLICE_FIRST, 1000);
    struct slice second_slice = fixture_slice(1, SLICE_SECOND, 1000 * ratio);
    second_slice.cpu_s = first_slice.cpu_s;
    fixture_add_slice(series, first_slice);
    fixture_add_slice(series, second_slice);
    return trial;
}

#endif
