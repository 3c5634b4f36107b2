/*
 * steadiness.h - whether what was seen looks the same all along the window.
 *
 * Looks at the series: replies per interval in a closed loop, median latency per
 * interval in an open one (where the rate is ours). MSER says how many intervals at the
 * beginning are unlike the rest, which a long enough warm-up would have taken away;
 * Mann-Kendall and Theil-Sen say whether there is a trend. Noise alone makes MSER cut
 * something now and then, so that what it cuts counts only if it moves the mean by more
 * than 2 %, and by more than chance does.
 */
#ifndef LOADGEN_STEADINESS_H
#define LOADGEN_STEADINESS_H

#include <stdbool.h>

#include "loadgen/measure/recorder.h"

/* Fewer intervals than this say nothing; more than the most are joined. */
#define STEADINESS_LEAST 10
#define STEADINESS_MOST  500

struct steadiness {
    bool judged; /* false: too few intervals, and the members below are 0 */
    size_t bins;
    double bin_s;
    size_t cut;         /* bins that MSER cuts */
    double cut_share;   /* by which the mean moves with them, of the mean without */
    double trend_z;     /* Mann-Kendall */
    double trend_share; /* Theil-Sen slope over the whole window, of the mean */
    bool settles_late, drifts; /* either makes it unsteady */
};

/* `window_ns` is what was measured: an interval that it cuts short is left out. */
struct steadiness steadiness_judge(const struct recorder *recorder, uint64_t window_ns,
                                   bool open);

#endif
