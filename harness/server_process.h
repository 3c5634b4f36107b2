/*
 * server_process.h - a server under test: `interleave serve` as a child process that
 * has said where it listens.
 */
#ifndef HARNESS_SERVER_PROCESS_H
#define HARNESS_SERVER_PROCESS_H

#include <sched.h>
#include <stdint.h>

#include "base/error.h"
#include "harness/process.h"

#define SERVER_URL_BYTES 256

struct server_process {
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
};

/*
 * Starts it and waits until that very process says "listening on URL". On failure its
 * end and its last words are in the error, and nothing is left to release.
 */
MUST_CHECK int server_process_start(struct server_process *server,
                                    const struct server_plan *plan, struct error *error);

/*
 * Asks it to finish and waits `grace_ns`. Fails where it did not end by itself, ended
 * with another code than 0, or left a process behind; it is gone in any case.
 */
MUST_CHECK int server_process_stop(struct server_process *server, uint64_t grace_ns,
                                   struct error *error);

#endif
