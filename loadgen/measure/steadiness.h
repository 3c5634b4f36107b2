/*
 * steadiness.h - detection of steady state: whether the series looks the same from the
 * beginning of the window to its end.
 *
 * The series is the replies per interval in a closed loop, and the median latency per
 * interval in an open loop, whose rate is fixed by the generator. MSER says how many
 * intervals at the beginning are unlike the rest and belong to the warm-up. The
 * Mann-Kendall test says whether there is a trend, the Theil-Sen slope how large it is.
 * Noise alone makes MSER cut something now and then, so that a cut counts only if it
 * moves the mean by more than 2 %, and by more than chance does.
 */
#ifndef LOADGEN_STEADINESS_H
#define LOADGEN_STEADINESS_H

#include <stdbool.h>

#include "loadgen/measure/recorder.h"

/* With fewer intervals nothing is judged; more than the most are joined. */
#define STEADINESS_LEAST 10
#define STEADINESS_MAX   500

struct steadiness {
    bool judged; /* false: too few intervals, and the members below are 0 */
    size_t bins;
    double bin_s;
    size_t cut;         /* bins that MSER cuts */
    double cut_share;   /* mean with the cut bins / mean without them - 1 */
    double trend_z;     /* Mann-Kendall */
    double trend_share; /* Theil-Sen slope, over the whole window and over the mean */
    bool settles_late, drifts; /* either makes it unsteady */
};

/* `window_ns` is the measured time; an interval that it cuts short is left out. */
struct steadiness steadiness_judge(const struct recorder *recorder, uint64_t window_ns,
                                   bool open);

#endif
