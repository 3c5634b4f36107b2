/*
 * trial.h - one trial: a fresh server, a warm-up, a measurement.
 *
 * The trial leaves in its folder: scenario.json (what was sent, so that anyone can
 * repeat it by hand with the recorded command lines, from inside the folder),
 * trial.json (everything that was measured), series.csv, latency.hgrm, server.log and
 * load.log.
 */
#ifndef HARNESS_TRIAL_H
#define HARNESS_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "harness/experiment/placement.h"
#include "record/contender.h"
#include "record/trial.h"
#include "workload/scenario.h"

struct trial_setup {
    const char *id;
    uint64_t block, attempt;         /* from 1 */
    uint64_t order;                  /* of this trial in the run, from 1 */
    const struct scenario *scenario; /* at its point, with calibrated work */
    const char *variable, *value;    /* of the sweep; both NULL: none */
    const struct contender *contender;
    const struct origin *origin; /* of this process, and so of its servers */
    struct placement placement;
    uint64_t seed;       /* of the generator; equal for all contenders of a cell */
    uint64_t overrun_ns; /* how much longer than planned a phase may take */
};

/*
 * Runs the trial in `folder`, which exists and is empty. 0 where trial.json was written,
 * be it of a failure: then *record is what it says, to be released, without the series.
 * -EINTR after an interrupt; else the harness itself failed. No process is left running
 * in any case.
 */
MUST_CHECK int trial_run(const struct trial_setup *setup, const char *folder,
                         struct trial_record *record, struct error *error);

#endif
