/*
 * The ratio of contenders that had the load by turns: which slices and pairs count, and
 * how well it is known where the machine drifts.
 */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/slice_ratio.h"
#include "base/random.h"
#include "tests/unit/slices_fixture.h"

static const char scenario_rest[] = "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]";

/* ---- which slices count ----------------------------------------------------------- */

static void test_validity(void **state)
{
    (void)state;
    struct slice_series series;
    slice_series_init(&series);
    assert_false(slice_series_is_valid(&series));
    for (uint64_t turn = 0; turn <= 10; turn++)
        for (int side = 0; side < SLICE_SIDES; side++)
            fixture_add_slice(&series, fixture_slice(turn, side, 100));
    assert_true(slice_series_is_valid(&series));
    series.slices[0].valid = false; /* of the warm-up */
    series.slices[2].valid = series.slices[5].valid = false;
    assert_true(slice_series_is_valid(&series));
    series.slices[8].valid = false; /* three of twenty */
    assert_false(slice_series_is_valid(&series));
    slice_series_release(&series);
}

/* A turn has both of its slices or does not count; a figure is that of all of them. */
static void test_ratio_of_a_pair(void **state)
{
    (void)state;
    struct slice_series series;
    double turns[8];
    size_t count;
    slice_series_init(&series);
    fixture_add_slice(&series, fixture_slice(0, SLICE_FIRST, 1)); /* the warm-up */
    fixture_add_slice(&series, fixture_slice(0, SLICE_SECOND, 1000));
    const double ratios[] = {2, 4, 8};
    for (uint64_t turn = 1; turn <= 3; turn++) {
        fixture_add_slice(&series,
                          fixture_slice(turn, SLICE_SECOND, 100 * ratios[turn - 1]));
        fixture_add_slice(&series, fixture_slice(turn, SLICE_FIRST, 100));
    }
    double value = slice_pair_log(&series, METRIC_THROUGHPUT, false, turns, &count);
    assert_int_equal(count, 3);
    assert_true(fabs(value - log(4)) < 1e-12);
    assert_true(fabs(turns[2] - log(8)) < 1e-12);
    value = slice_pair_log(&series, METRIC_CPU_PER_REQUEST, false, NULL, NULL);
    assert_true(fabs(value - log(2)) < 1e-12);
    assert_true(isnan(slice_pair_log(&series, METRIC_LATENCY_P99, false, NULL, NULL)));
    assert_true(isnan(slice_pair_log(&series, METRIC_MEMORY, false, NULL, NULL)));
    series.slices[7].valid = false; /* the third turn's first server */
    value = slice_pair_log(&series, METRIC_THROUGHPUT, false, NULL, &count);
    assert_int_equal(count, 2);
    assert_true(fabs(value - log(sqrt(8))) < 1e-12);
    value = slice_pair_log(&series, METRIC_THROUGHPUT, true, NULL, &count);
    assert_int_equal(count, 3);
    slice_series_release(&series);
}

/* The figures of both servers are those whose ratio is that of the pair. */
static void test_figures_of_a_pair(void **state)
{
    (void)state;
    struct slice_series series;
    slice_series_init(&series);
    for (uint64_t turn = 1; turn <= 3; turn++) {
        double first = turn == 1 ? 100 : 400, second = turn == 1 ? 900 : 400;
        fixture_add_slice(&series, fixture_slice(turn, SLICE_FIRST, first));
        fixture_add_slice(&series, fixture_slice(turn, SLICE_SECOND, second));
    }
    series.slices[5].valid = false; /* the third turn's second server */
    double first = slice_pair_figure(&series, METRIC_THROUGHPUT, SLICE_FIRST);
    double second = slice_pair_figure(&series, METRIC_THROUGHPUT, SLICE_SECOND);
    assert_true(fabs(first - 200) < 1e-9);
    assert_true(fabs(second - 600) < 1e-9);
    double value = slice_pair_log(&series, METRIC_THROUGHPUT, false, NULL, NULL);
    assert_true(fabs(value - log(second / first)) < 1e-12);
    assert_true(isnan(slice_pair_figure(&series, METRIC_LATENCY_P99, SLICE_FIRST)));
    slice_series_release(&series);
}

/* By both names that they have: of metrics, and in what claims ask for. */
static void test_figures_have_names(void **state)
{
    (void)state;
    size_t count = 0;
    for (; slice_metrics[count] != METRIC_COUNT; count++)
        assert_string_equal(metrics[slice_metrics[count]].name, slice_figures[count]);
    assert_null(slice_figures[count]);
}

/* ---- drift ------------------------------------------------------------------------ */

#define PAIRS 10
#define TURNS 10

/* What the machine does: it drifts by several per cent over minutes, a random walk that
 * moves a little with every slice, beside the noise of a slice itself. */
struct machine {
    struct random random;
    double level; /* logarithm */
};

static double normal(struct random *random)
{
    double angle = 2 * M_PI * random_unit(random);
    return sqrt(-2 * log(1 - random_unit(random))) * cos(angle);
}

/* The throughput of a server of this speed in the next stretch of time. */
static double throughput(struct machine *machine, double speed, double noise)
{
    machine->level += 0.01 * normal(&machine->random);
    return speed * exp(machine->level + noise * normal(&machine->random));
}

/* The same machine measured by turns, and by blocks of as much time. */
static struct slice_ratio by_turns(struct machine machine, double ratio,
                                   struct results *results, const char *second)
{
    bool order[TURNS];
    const struct slicing slicing = {.count = TURNS};
    for (uint64_t pair = 1; pair <= PAIRS; pair++) {
        struct slice_series *series =
            fixture_add_pair(results, "s", NULL, "event-loop", second, pair)
                ->slices->series;
        slicing_order(&slicing, pair, order);
        double own = 0.01 * normal(&machine.random); /* of this pair of processes */
        for (uint64_t turn = 1; turn <= TURNS; turn++)
            for (int i = 0; i < SLICE_SIDES; i++) {
                int side = order[turn - 1] ? SLICE_SECOND - i : i;
                double speed = side == SLICE_FIRST ? 1000 : 1000 * ratio * exp(own);
                fixture_add_slice(
                    series, fixture_slice(turn, side, throughput(&machine, speed, 0.02)));
            }
    }
    const struct slice_cell cell = {
        .scenario = "s", .first = "event-loop", .second = second};
    return slice_ratio_of(results, &cell, METRIC_THROUGHPUT, 0.95);
}

static struct ratio by_blocks(struct machine machine, double ratio)
{
    double first[PAIRS], second[PAIRS];
    for (size_t block = 0; block < PAIRS; block++) {
        double own = 0.01 * normal(&machine.random);
        first[block] = second[block] = 0;
        for (size_t i = 0; i < TURNS; i++)
            first[block] += throughput(&machine, 1000, 0.02) / TURNS;
        for (size_t i = 0; i < TURNS; i++)
            second[block] += throughput(&machine, 1000 * ratio * exp(own), 0.02) / TURNS;
    }
    return ratio_of_pairs(second, first, PAIRS, 0.95);
}

static void test_drift(void **state)
{
    (void)state;
    static const char *const labels[] = {"event-loop", "thread-pool", NULL};
    size_t narrower = 0, held = 0, silent = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct results results = fixture_results(PAIRS);
        struct machine machine = {0};
        random_seed(&machine.random, seed);
        fixture_add_scenario(&results, "s", scenario_rest, labels);
        struct slice_ratio turns = by_turns(machine, 1.1, &results, "thread-pool");
        struct ratio blocks = by_blocks(machine, 1.1);
        assert_int_equal(turns.pairs, PAIRS);
        assert_int_equal(turns.turns, PAIRS * TURNS);
        assert_false(turns.invalid);
        narrower +=
            turns.interval.high / turns.interval.low < blocks.t.high / blocks.t.low;
        held += interval_holds(&turns.interval, 1.1);
        by_turns(machine, 1, &results, "event-loop");
        const struct slice_cell cell = {
            .scenario = "s", .first = "event-loop", .second = "thread-pool"};
        struct noise_floor noise = slice_noise_of(&results, &cell, METRIC_THROUGHPUT);
        assert_int_equal(noise.pairs, PAIRS);
        silent += !noise.suspect;
        results_release(&results);
    }
    assert_in_range(narrower, 38, 40);
    assert_in_range(held, 34, 40);
    assert_in_range(silent, 34, 40);
}

/* Where no pair is valid the others are used, and it is said. */
static void test_invalid_pairs(void **state)
{
    (void)state;
    static const char *const labels[] = {"event-loop", "thread-pool", NULL};
    const struct slice_cell cell = {
        .scenario = "s", .first = "event-loop", .second = "thread-pool"};
    struct results results = fixture_results(PAIRS);
    struct machine machine = {0};
    random_seed(&machine.random, 1);
    fixture_add_scenario(&results, "s", scenario_rest, labels);
    by_turns(machine, 1.1, &results, "thread-pool");
    results.trials[0].valid = false;
    results.trials[1].status = TRIAL_FAILED;
    struct slice_ratio ratio = slice_ratio_of(&results, &cell, METRIC_THROUGHPUT, 0.95);
    assert_int_equal(ratio.pairs, PAIRS - 2);
    assert_int_equal(ratio.unused, 2);
    assert_false(ratio.invalid);
    for (size_t i = 0; i < results.trial_count; i++)
        results.trials[i].valid = false;
    ratio = slice_ratio_of(&results, &cell, METRIC_THROUGHPUT, 0.95);
    assert_int_equal(ratio.pairs, PAIRS - 1);
    assert_true(ratio.invalid);
    struct slice_cell other = cell;
    other.value = "10";
    ratio = slice_ratio_of(&results, &other, METRIC_THROUGHPUT, 0.95);
    assert_int_equal(ratio.pairs, 0);
    assert_true(isnan(ratio.value));
    assert_false(ratio.interval.exists);
    results_release(&results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_validity),
        cmocka_unit_test(test_ratio_of_a_pair),
        cmocka_unit_test(test_figures_of_a_pair),
        cmocka_unit_test(test_figures_have_names),
        cmocka_unit_test(test_drift),
        cmocka_unit_test(test_invalid_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
