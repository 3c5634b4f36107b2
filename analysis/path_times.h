/*
 * path_times.h - how long one run of a path takes where nothing else runs beside it, by
 * what its steps say and what the calibration of the run has measured.
 */
#ifndef ANALYSIS_PATH_TIMES_H
#define ANALYSIS_PATH_TIMES_H

#include <stdbool.h>

#include "record/work_calibration.h"

/* Seconds. */
struct path_times {
    double cpu;      /* computing */
    double wait;     /* waiting for what the system tells, other servers included */
    double blocking; /* in blocking calls */
    double drawn;    /* of waiting and blocking: what is drawn exponentially, its mean */
    unsigned draws;  /* of how many steps */
    bool measured; /* some of it was measured, alone: beside others it may take longer */
};

/* False where the path has a step whose time is not known. */
bool path_times_read(struct path_times *times, const char *path,
                     const struct work_calibration *calibration);

#endif
