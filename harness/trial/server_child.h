/*
 * server_child.h - a server under test: `interleave serve`, or one of others, as a
 * child process that has said where it listens or has answered there.
 */
#ifndef HARNESS_SERVER_CHILD_H
#define HARNESS_SERVER_CHILD_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/child.h"
#include "base/error.h"

#define SERVER_URL_BYTES 256

struct server_child {
    struct child child;
    char url[SERVER_URL_BYTES]; /* "http://127.0.0.1:41234" */
};

struct server_plan {
    const char *program;          /* its path; NULL: this very program */
    const char *const *arguments; /* argv, NULL-terminated */
    const char *folder;           /* to run in, or NULL */
    const char *log_path;         /* file that gets the output too, or NULL */
    const cpu_set_t *cpus;
    uint64_t limit_ns; /* until it has to listen */

    /* Of servers that are not ours; otherwise zero. */
    const char *announcement;       /* what it prints before its URL; NULL: as ours do */
    const char *ready_path;         /* or: what answers with 200 when it is ready */
    const char *url;                /* where it has been told to listen, if it has */
    const char *const *environment; /* as in struct child_plan, as the next two */
    int stop_signal;
    bool forks;
};

/*
 * Starts it and waits until that very process says "listening on URL", or answers. On
 * failure its
 * end and its last words are in the error, and nothing is left to release.
 */
MUST_CHECK int server_child_start(struct server_child *server,
                                  const struct server_plan *plan, struct error *error);

/*
 * Asks it to finish and waits `grace_ns`. Fails where it did not end by itself, ended
 * with another code than 0, or left a process behind; it is gone in any case.
 */
MUST_CHECK int server_child_stop(struct server_child *server, uint64_t grace_ns,
                                 struct error *error);

#endif
