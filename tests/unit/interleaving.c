/*
 * interleaving.c - why blocks are interleaved: on a machine that becomes 5 % slower
 * during a run, with 1 % of noise, a contender is as fast as itself in the order of
 * trial_order.c, and is not where its trials under one label all come before those under
 * the other.
 */
#include <stdlib.h>

#include "analysis/noise_floor.h"
#include "base/random.h"
#include "harness/experiment/trial_order.h"
#include "tests/support/near.h"
#include "tests/support/normal.h"

enum { SEEDS = 20, BLOCKS = 10, LABELS = 2, TRIALS = BLOCKS * LABELS };

#define DRIFT 0.05
#define NOISE 0.01

/* What is measured, one trial after the other, whoever it is of. */
static void measure(double throughputs[TRIALS], uint64_t seed)
{
    struct random random;
    random_seed_stream(&random, seed, UINT32_MAX);
    for (int i = 0; i < TRIALS; i++)
        throughputs[i] =
            1000 * (1 - DRIFT * i / (TRIALS - 1)) * (1 + NOISE * random_normal(&random));
}

static struct noise_floor interleaved(const double throughputs[TRIALS], uint64_t seed)
{
    static char label[] = "a", again[] = "a again", name[] = "hello";
    static const size_t both[LABELS] = {0, 1};
    struct contender items[LABELS] = {{.label = label}, {.label = again}};
    struct contenders contenders = {items, LABELS};
    struct scenario scenario = {.name = name};
    struct trial_order order = {0};
    trial_order_add_cell(&order, &scenario, NULL, both, LABELS);
    trial_order_shuffle(&order, &contenders, BLOCKS, seed);
    assert_int_equal(order.trial_count, TRIALS);
    double values[LABELS][BLOCKS];
    for (size_t i = 0; i < order.trial_count; i++)
        values[order.trials[i].contender][order.trials[i].block - 1] = throughputs[i];
    trial_order_release(&order);
    return noise_floor_of(values[0], values[1], BLOCKS);
}

static struct noise_floor in_batches(const double throughputs[TRIALS])
{
    return noise_floor_of(throughputs, throughputs + BLOCKS, BLOCKS);
}

static void test_drift(void **state)
{
    (void)state;
    int sound = 0, sound_in_batches = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        double throughputs[TRIALS];
        measure(throughputs, seed);
        struct noise_floor blocks = interleaved(throughputs, seed);
        struct noise_floor batches = in_batches(throughputs);
        sound += !blocks.suspect;
        sound_in_batches += !batches.suspect;
        assert_true(blocks.floor < DRIFT / 2);
    }
    assert_in_range(sound, 18, SEEDS);
    assert_in_range(sound_in_batches, 0, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
