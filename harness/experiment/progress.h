/*
 * progress.h - tells on stderr what runs, how far the run is and how long it will
 * still take. On a terminal the running trial is shown on a line that is replaced;
 * elsewhere there is one plain line per finished trial.
 */
#ifndef HARNESS_PROGRESS_H
#define HARNESS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/trial.h"

struct progress {
    size_t total, done;
    uint64_t planned_left_ns; /* for what is still to do */
    uint64_t planned_done_ns; /* of what was done since the start */
    uint64_t spent_ns;        /* real time for that */
    uint64_t trial_begun_ns;
    bool terminal, colour;
};

void progress_start(struct progress *progress, size_t total, size_t done,
                    uint64_t planned_left_ns);
/* One more trial than was planned. */
void progress_add(struct progress *progress, uint64_t planned_ns);
void progress_trial(struct progress *progress, const char *what);
void progress_trial_done(struct progress *progress, const char *what, uint64_t planned_ns,
                         const struct trial_record *trial);

/* Clears the replaced line, where there is one. */
void progress_end(const struct progress *progress);

#endif
