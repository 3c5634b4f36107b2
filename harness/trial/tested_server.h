/*
 * tested_server.h - the server of a trial, from its command line to what it leaves
 * behind: `interleave serve`, or a server of others.
 */
#ifndef HARNESS_TESTED_SERVER_H
#define HARNESS_TESTED_SERVER_H

#include "base/error.h"
#include "harness/third_party/launch.h"
#include "harness/trial/command_line.h"
#include "harness/trial/server_child.h"
#include "harness/trial/services.h"
#include "harness/trial/trial.h"
#include "record/server_window.h"

struct tested_server {
    const struct trial_setup *setup; /* whose contender it is */
    const char *folder;              /* to run in, and to leave server.log in */
    bool alternates; /* it has the load by turns, and has to be idle in between */
    struct server_child process;
    struct command_line line;
    struct launch launch;    /* of a server that is not ours */
    double harness_requests; /* that it counts, but no generator sent */
};

/* Not started yet: what it has to be before it is released. */
static inline struct tested_server tested_server_of(const struct trial_setup *setup,
                                                    const char *folder)
{
    return (struct tested_server){
        .setup = setup, .folder = folder, .process = {.child = CHILD_NONE}};
}

/*
 * Starts it and waits until it listens. What it was started with is in *command and
 * *environment in any case, on the heap; the latter stays as it is where nothing was set.
 * 0, -EINTR or -errno.
 */
MUST_CHECK int tested_server_start(struct tested_server *server,
                                   const struct services *services, char ***command,
                                   char ***environment, struct error *error);

/* Tells it where the measured window begins, and where it ends, so that what it counts of
 * its loops is of this window. */
void tested_server_mark(const struct tested_server *server);

/* Asks it to end, where it was started, and notes how that went and what it has counted:
 * 0, or -ECHILD for the first thing that was not as it should be. */
MUST_CHECK int tested_server_stop(struct tested_server *server,
                                  struct server_record *seen, struct error *error);
void tested_server_release(struct tested_server *server);

#endif
