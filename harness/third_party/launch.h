/*
 * launch.h - how one trial starts a server of others: its command line,
 * environment and files with every placeholder filled in.
 */
#ifndef HARNESS_LAUNCH_H
#define HARNESS_LAUNCH_H

#include "base/error.h"
#include "harness/third_party/third_party.h"
#include "harness/trial/command_line.h"
#include "harness/trial/server_child.h"
#include "harness/trial/trial.h"

/* Zero-initialised it can be released. */
struct launch {
    struct third_party external;
    char *folder;      /* of the trial, absolute */
    char *data_folder; /* made for this launch, or NULL */
    char *statistics;  /* the path of the file that it leaves them in */
    char *program;
    char url[SERVER_URL_BYTES]; /* where it has been told to listen; or empty */
    struct command_line line, environment;
    const struct trial_setup *setup;
    const char *upstream;
    char port[8], cpus[8];
};

/*
 * Fills everything in, makes the data folder and writes the files. `upstream` is a URL
 * or NULL. Release the launch in any case.
 */
MUST_CHECK int launch_prepare(struct launch *launch, const struct trial_setup *setup,
                              const char *folder, const char *upstream,
                              const char *statistics, struct error *error);

/* Adds to the plan what is this server's own; the launch has to outlive it. */
void launch_plan(const struct launch *launch, struct server_plan *plan);

/* Removes the data folder: the server has to have ended. */
void launch_release(struct launch *launch);

#endif
