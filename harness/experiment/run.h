/*
 * run.h - an experiment in progress: decided or read back, planned for this machine, with
 * the folder of its results. Who measures takes these steps, in this order:
 *
 *   run_init, run_begin or run_resume     nothing is started, all that can be is refused
 *      (run_begin is run_plan and run_create: between them the plan can be looked at)
 *   run_examine, run_prepare              the machine, the plan, what is found out first
 *   run_blocks (blocks.h)                 the trials
 *   results_dir_save, run_release
 *
 * It prints nothing but its progress.
 */
#ifndef HARNESS_RUN_H
#define HARNESS_RUN_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "harness/experiment/decide.h"
#include "harness/experiment/digests.h"
#include "harness/experiment/skip_reasons.h"
#include "harness/probe/doctor.h"
#include "record/environment.h"
#include "record/results_dir.h"

struct run {
    struct environment environment; /* as it is now */
    struct origin origin;           /* this program, on this machine */
    uint64_t descriptors;           /* that every child may have open */
    int cpu_order[CPU_SETSIZE];     /* in which CPUs are given away */
    int cpu_count;
    uint64_t attempts; /* at a trial that others disturb; at least 1 */

    struct experiment experiment;
    struct trial_order plan;
    struct skip_reasons skip_reasons;
    struct words left_out; /* scenarios for which there is no time */
    uint64_t whole_ns;     /* that all would take with as many blocks; 0: not known */
    struct results_dir dir;
    struct digests digests;
    struct findings findings; /* of the machine as it is now */
    char *claims_note;        /* which it settles by turns; NULL: it is not asked that */
    char *forced; /* how what goes on with the run is not what began it; NULL: it is */
};

/* Looks at the machine. Release it in any case. */
void run_init(struct run *run, uint64_t attempts);
void run_release(struct run *run);

/* Decides and plans, and leaves out what does not fit into the budget. 0, -EINVAL or
 * -errno. */
MUST_CHECK int run_plan(struct run *run, const struct experiment_request *request,
                        struct error *error);

/* Plans the trials anew, after something of the experiment was changed. */
void run_order_trials(struct run *run);

/* Measures amounts of work, once per run: who goes on with it has the same work. Before
 * run_create for who wants them earlier than run_prepare. 0 or -errno. */
MUST_CHECK int run_calibrate(struct run *run, struct error *error);

/* Makes the folder of a run that is planned; `out` NULL: a new one in results/. 0 or
 * -errno. */
MUST_CHECK int run_create(struct run *run, const char *out, struct error *error);

/* Both. */
MUST_CHECK int run_begin(struct run *run, const struct experiment_request *request,
                         const char *out, struct error *error);

/* Goes on with the run of a folder. Another build than the one that began it takes
 * `force`. 0, -EINVAL or -errno. */
MUST_CHECK int run_resume(struct run *run, const char *folder, bool force,
                          struct error *error);

/* Runs the doctor, before anything else is run; false: it has been run. */
bool run_ask_doctor(struct run *run);

/* Runs the doctor, where that was not done, and writes environment.json and
 * warnings.json. A run that is gone on with keeps those of its beginning; the manifest
 * notes what is not as it was then. 0 or -errno. */
MUST_CHECK int run_examine(struct run *run, struct error *error);

/* Notes the plan; measures amounts of work, where that was not done; finds the digests
 * that references are held against. 0, -EINTR or -errno. */
MUST_CHECK int run_prepare(struct run *run, struct error *error);

/* Plans more blocks than before: so many in all. */
void run_extend(struct run *run, uint64_t blocks);

const struct contender *run_contender(const struct run *run,
                                      const struct planned_trial *trial);

/* The trial's scenario at its point, with calibrated work; release it. */
void run_find_point(const struct run *run, const struct planned_trial *trial,
                    struct scenario *point);

#endif
