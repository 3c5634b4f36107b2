/*
 * steady_state.h - detection of steady state: whether a series looks the same from its
 * beginning to its end.
 *
 * MSER says how many bins at the beginning are unlike the rest and belong to the warm-up.
 * The Mann-Kendall test says whether there is a trend, the Theil-Sen slope how large it
 * is. Noise alone makes MSER cut something now and then, so that a cut counts only if it
 * moves the mean by more than 2 %, and by more than chance does; a trend counts if the
 * test finds it at the level of 1 % and it makes more than 2 % of the mean.
 */
#ifndef BASE_STEADY_STATE_H
#define BASE_STEADY_STATE_H

#include <stdbool.h>
#include <stddef.h>

/* With fewer bins nothing is judged. */
#define STEADY_STATE_LEAST 10

struct steady_state {
    bool judged; /* false: too few bins, or a mean that is not above 0 */
    size_t bins;
    double bin_s;
    size_t cut;       /* bins before it begins, by MSER */
    double cut_share; /* mean with the cut bins / mean without them - 1 */
    double trend_z;   /* Mann-Kendall */
    double trend_p;
    /* The Theil-Sen slope over the whole series, as a share of its mean, and the interval
     * of that at 95 %. */
    double trend_share, trend_low, trend_high;
    bool settles_late, drifts; /* either makes it unsteady */
};

/* `values` are means or counts of bins of bin_s seconds each, one after the other. */
struct steady_state steady_state_judge(const double *values, size_t count, double bin_s);

#endif
