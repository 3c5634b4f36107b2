/* steady_state.c - see steady_state.h. */
#include "base/steady_state.h"

#include <math.h>

#include "base/sequence.h"

#define MOVES_MEAN  0.02
#define TREND_LEVEL 0.01
#define CUT_SIGMAS  4 /* more than usual, because MSER searched for the difference */

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static void judge_cut(struct steady_state *state, const double *values)
{
    size_t cut = sequence_mser(values, state->bins);
    size_t kept = state->bins - cut;
    state->cut = cut;
    if (!cut)
        return;
    const double *rest = values + cut;
    double mean = mean_of(rest, kept), squares = 0;
    for (size_t i = 0; i < kept; i++)
        squares += (rest[i] - mean) * (rest[i] - mean);
    double difference = mean_of(values, cut) - mean;
    double sigma =
        sqrt(squares / (double)(kept - 1)) * sqrt(1 / (double)cut + 1 / (double)kept);
    state->cut_share = mean_of(values, state->bins) / mean - 1;
    state->settles_late =
        fabs(state->cut_share) > MOVES_MEAN && fabs(difference) > CUT_SIGMAS * sigma;
}

static void judge_trend(struct steady_state *state, const double *values)
{
    struct sequence_slope slope = sequence_theil_sen(values, state->bins);
    double window_share = (double)(state->bins - 1) / mean_of(values, state->bins);
    state->trend_z = sequence_mann_kendall_z(values, state->bins);
    state->trend_p = sequence_mann_kendall_p(values, state->bins);
    state->trend_share = slope.median * window_share;
    state->trend_low = slope.low * window_share;
    state->trend_high = slope.high * window_share;
    state->drifts = state->trend_p < TREND_LEVEL && fabs(state->trend_share) > MOVES_MEAN;
}

struct steady_state steady_state_judge(const double *values, size_t count, double bin_s)
{
    struct steady_state state = {.bins = count, .bin_s = bin_s};
    if (count < STEADY_STATE_LEAST || !(mean_of(values, count) > 0))
        return state;
    state.judged = true;
    judge_cut(&state, values);
    judge_trend(&state, values);
    return state;
}
