/*
 * steadiness.h - the series of a measured window that its steady state is judged by: the
 * replies per interval in a closed loop, and the median latency per interval in an open
 * loop, whose rate is fixed by the generator.
 */
#ifndef LOADGEN_STEADINESS_H
#define LOADGEN_STEADINESS_H

#include "base/steady_state.h"
#include "loadgen/measure/recorder.h"

/* Of more intervals, some are joined. */
#define STEADINESS_MAX 500

/* `window_ns` is the measured time; an interval that it cuts short is left out. */
struct steady_state steadiness_judge(const struct recorder *recorder, uint64_t window_ns,
                                     bool open);

#endif
