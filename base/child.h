/*
 * child.h - child processes: started pinned, in a process group of their own,
 * watched without blocking, stopped for certain.
 *
 * A child leads its own process group (so that everything it starts is found and
 * stopped with it, and a Ctrl-C on the terminal reaches only the harness) and dies
 * with the harness. What a child starts would outlive a harness that is killed, unless
 * the plan says that it forks: then a process beside it watches over the group and ends
 * it when the harness has gone. Nothing here blocks longer than the caller's limit. Owned
 * by one thread, which must be the one that started the child and outlive it.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

struct child_plan {
    const char *program;          /* looked up in PATH; NULL: this very program */
    const char *const *arguments; /* argv, NULL-terminated */
    const char *folder;           /* to run in, or NULL */
    const char *log_path;         /* file that gets the output too, or NULL */
    const cpu_set_t *cpus;        /* to run on, or NULL: as this process */
    const char *const
        *environment;  /* "NAME=value" beside ours, NULL-terminated; or NULL */
    int stop_signal;   /* what asks it to end; 0: SIGTERM */
    bool forks;        /* it starts processes that do not die with it */
    int inherited;     /* descriptor that the child keeps, or -1 */
    int input;         /* descriptor to be its stdin, or -1: /dev/null */
    bool errors_apart; /* its stderr stays ours, only stdout is output */
    bool keep_all;     /* hear everything, however much it is */
};

struct child {
    pid_t pid;         /* and process group; 0: never started */
    int pidfd;         /* readable when the child has ended */
    int output;        /* its stdout and stderr, non-blocking; -1 once closed */
    int log;           /* copy of the output, or -1 */
    bool keep_all;     /* as in the plan */
    int stop_signal;   /* as in the plan */
    pid_t guard;       /* the process that watches over the group, or 0 */
    int guard_line;    /* it waits for a byte, or for the end of this; -1: no guard */
    struct text heard; /* the output; its end only, once it is long */
    bool ended;
    int status; /* of wait4, once ended */
    struct rusage usage;
};

/* No child yet: what a struct child has to be before it is released or started. */
#define CHILD_NONE                                                                       \
    {                                                                                    \
        .pidfd = -1, .output = -1, .log = -1, .guard_line = -1                           \
    }

/* On failure nothing is left to release. */
MUST_CHECK int child_start(struct child *child, const struct child_plan *plan,
                           struct error *error);

/* Takes over what the child has printed; never blocks. */
void child_listen(struct child *child);

/* True once the child has ended (and then `status` and `usage` are set). */
bool child_has_ended(struct child *child);

/* Waits until the child ends or `deadline_ns` passes: true if it ended. */
bool child_wait(struct child *child, uint64_t deadline_ns);

/*
 * The signal that asks it to end (SIGTERM, if the plan names no other), and SIGKILL to
 * its whole group where it, or what it started, has not ended after `grace_ns`.
 * Returns true if it ended by itself and left no process of its group behind. An
 * ended child is only checked for leftovers.
 */
bool child_stop(struct child *child, uint64_t grace_ns);

/* Ends what still runs, at once, and frees everything. */
void child_release(struct child *child);

/* "exit code 2", "killed by signal 9 (Killed)". */
void child_describe_end(const struct child *child, char *buffer, size_t bytes);

/* The last lines of its output, at most `bytes` of them, in one line. */
void child_last_words(const struct child *child, char *buffer, size_t bytes);

/*
 * Runs a program to its end, `input` (may be NULL) on its stdin, and gives its
 * stdout (on the heap). It fails unless the program exits 0 within `limit_ns`.
 */
MUST_CHECK int process_capture(const char *program, const char *const *arguments,
                               const char *folder, const char *input, uint64_t limit_ns,
                               char **output, struct error *error);

/*
 * Makes SIGINT and SIGTERM set a flag instead of ending the program; the first one
 * asks for an orderly end, the second ends at once (children die with us).
 */
void process_catch_interrupts(void);
bool process_interrupted(void);

#endif
