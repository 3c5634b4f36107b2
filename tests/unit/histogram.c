/* histogram.c - buckets, quantiles, merging and the .hgrm text. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/random.h"

static void buckets_are_fine_and_contiguous(void **state)
{
    (void)state;
    for (uint32_t bucket = 0; bucket + 1 < HISTOGRAM_BUCKETS; bucket++) {
        uint64_t low = histogram_bucket_low(bucket), high = histogram_bucket_high(bucket);
        assert_int_equal(histogram_bucket(low), bucket);
        assert_int_equal(histogram_bucket(high), bucket);
        assert_int_equal(histogram_bucket(high + 1), bucket + 1);
        assert_true((double)(high - low) <= (double)low / 1000);
    }
    assert_true(HISTOGRAM_MAX_NS >= NS_PER_H);
    assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void quantiles_count_ranks(void **state)
{
    (void)state;
    struct histogram h;
    histogram_init(&h);
    assert_int_equal(histogram_quantile(&h, 0.5), 0);
    for (uint64_t i = 1; i <= 100; i++)
        histogram_record(&h, i);
    assert_int_equal(histogram_quantile(&h, 0), 1);
    assert_int_equal(histogram_quantile(&h, 0.5), 50);
    assert_int_equal(histogram_quantile(&h, 0.99), 99);
    assert_int_equal(histogram_quantile(&h, 0.991), 100);
    assert_int_equal(histogram_quantile(&h, 1), 100);
    assert_true(fabs(histogram_mean(&h) - 50.5) < 1e-9);
    assert_true(fabs(histogram_stddev(&h) - sqrt(9999.0 / 12)) < 1e-9);
    histogram_reset(&h);
    histogram_record(&h, 7 * NS_PER_H);
    assert_int_equal(histogram_quantile(&h, 0.5), 7 * NS_PER_H);
    histogram_release(&h);
}

static void merging_equals_recording_together(void **state)
{
    (void)state;
    struct histogram parts[3], merged, whole;
    histogram_init(&merged);
    histogram_init(&whole);
    struct random random;
    random_seed(&random, 5);
    for (int p = 0; p < 3; p++) {
        histogram_init(&parts[p]);
        for (int i = 0; i < 5000; i++) {
            uint64_t ns = (uint64_t)random_exponential(&random, 1e6 * (p + 1));
            histogram_record(&parts[p], ns);
            histogram_record(&whole, ns);
        }
        histogram_merge(&merged, &parts[p]);
        histogram_release(&parts[p]);
    }
    assert_int_equal(merged.count, whole.count);
    assert_memory_equal(merged.counts, whole.counts,
                        HISTOGRAM_BUCKETS * sizeof(uint64_t));
    assert_int_equal(merged.min_ns, whole.min_ns);
    assert_int_equal(merged.max_ns, whole.max_ns);
    assert_true(fabs(merged.mean_ns / whole.mean_ns - 1) < 1e-12);
    assert_true(fabs(histogram_stddev(&merged) / histogram_stddev(&whole) - 1) < 1e-9);
    histogram_release(&merged);
    histogram_release(&whole);
}

static void knows_how_many_samples_a_quantile_needs(void **state)
{
    (void)state;
    assert_int_equal(histogram_samples_needed(0.5), 6);
    assert_int_equal(histogram_samples_needed(0.9), 36);
    assert_int_equal(histogram_samples_needed(0.99), 368);
    assert_int_equal(histogram_samples_needed(0.999), 3688);
    assert_int_equal(histogram_samples_needed(0.9999), 36887);
}

static void writes_what_the_plotter_reads(void **state)
{
    (void)state;
    struct histogram h;
    histogram_init(&h);
    for (uint64_t i = 1; i <= 1000; i++)
        histogram_record(&h, i * NS_PER_US);
    char *text;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    histogram_write_hgrm(&h, file, 1e6);
    fclose(file);
    double value, percentile, previous = -1;
    unsigned long long total;
    int rows = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (sscanf(line, "%lf %lf %llu", &value, &percentile, &total) != 3)
            continue;
        rows++;
        assert_true(percentile > previous);
        assert_true((double)total / 1000 >= percentile - 1e-9);
        previous = percentile;
    }
    assert_true(rows > 20);
    assert_true(percentile == 1 && total == 1000 && value == 1);
    free(text);
    histogram_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_are_fine_and_contiguous),
        cmocka_unit_test(quantiles_count_ranks),
        cmocka_unit_test(merging_equals_recording_together),
        cmocka_unit_test(knows_how_many_samples_a_quantile_needs),
        cmocka_unit_test(writes_what_the_plotter_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
