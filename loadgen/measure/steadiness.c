/* steadiness.c - see steadiness.h. */
#include "loadgen/measure/steadiness.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/sequence.h"
#include "base/text.h"

#define MOVES_MEAN 0.02
#define TREND_Z    2.576
#define CUT_SIGMAS 4 /* more than usual, because MSER searched for the difference */

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static double value_of(const struct series_interval *interval, bool open)
{
    return open ? (double)series_interval_quantile(interval, 0.5) : (double)interval->ok;
}

/*
 * Batch means: fills `values` with the means of `join` intervals each and returns their
 * number. In an open loop an interval without replies has no median and is left out.
 */
static size_t read_series(const struct recorder *recorder, size_t intervals, size_t join,
                          bool open, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i + join <= intervals; i += join) {
        double sum = 0, some = 0;
        for (size_t j = i; j < i + join; j++) {
            const struct series_interval *interval = &recorder->intervals[j];
            if (open && !interval->ok)
                continue;
            sum += value_of(interval, open);
            some++;
        }
        if (some > 0)
            values[count++] = sum / some;
    }
    return count;
}

static void judge_cut(struct steadiness *steadiness, const double *values)
{
    size_t cut = sequence_mser(values, steadiness->bins);
    size_t kept = steadiness->bins - cut;
    steadiness->cut = cut;
    if (!cut)
        return;
    const double *rest = values + cut;
    double mean = mean_of(rest, kept), squares = 0;
    for (size_t i = 0; i < kept; i++)
        squares += (rest[i] - mean) * (rest[i] - mean);
    double difference = mean_of(values, cut) - mean;
    double sigma =
        sqrt(squares / (double)(kept - 1)) * sqrt(1 / (double)cut + 1 / (double)kept);
    steadiness->cut_share = mean_of(values, steadiness->bins) / mean - 1;
    steadiness->settles_late =
        fabs(steadiness->cut_share) > MOVES_MEAN && fabs(difference) > CUT_SIGMAS * sigma;
}

static void judge_trend(struct steadiness *steadiness, const double *values)
{
    double mean = mean_of(values, steadiness->bins);
    double slope = sequence_theil_sen(values, steadiness->bins);
    steadiness->trend_z = sequence_mann_kendall_z(values, steadiness->bins);
    steadiness->trend_share = slope * (double)(steadiness->bins - 1) / mean;
    steadiness->drifts =
        fabs(steadiness->trend_z) > TREND_Z && fabs(steadiness->trend_share) > MOVES_MEAN;
}

struct steadiness steadiness_judge(const struct recorder *recorder, uint64_t window_ns,
                                   bool open)
{
    struct steadiness steadiness = {0};
    size_t intervals = (size_t)(window_ns / recorder->interval_ns);
    if (intervals > recorder->interval_count)
        intervals = recorder->interval_count;
    size_t join = intervals / STEADINESS_MAX + 1;
    double *values = memory_allocate((intervals + 1) * sizeof *values);
    steadiness.bins = read_series(recorder, intervals, join, open, values);
    steadiness.bin_s = (double)(join * recorder->interval_ns) / NS_PER_S;
    if (steadiness.bins >= STEADINESS_LEAST && mean_of(values, steadiness.bins) > 0) {
        steadiness.judged = true;
        judge_cut(&steadiness, values);
        judge_trend(&steadiness, values);
    }
    free(values);
    return steadiness;
}
