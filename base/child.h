/*
 * child.h - child processes: programs that are started pinned to CPUs, watched without
 * blocking, and stopped for certain.
 *
 * A child leads a process group of its own (setpgid), so that all that it starts can be
 * stopped with it, and a Ctrl-C on the terminal reaches this program alone. The kernel
 * kills it when the thread that started it ends (PR_SET_PDEATHSIG), so that thread has to
 * outlive it. The processes that a child forks itself have no such parent: where the plan
 * says that it forks, one more process, the guard, waits for our end (the end of a pipe)
 * and then kills the group.
 *
 * A struct child belongs to the thread that started it. No function blocks longer than
 * the limit that the caller gives.
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

/* What to start, and how. What is zero is not asked for. */
struct child_plan {
    const char *program;            /* looked up in PATH; NULL: this very program */
    const char *const *arguments;   /* argv, NULL-terminated */
    const char *const *environment; /* "NAME=value", added to ours; NULL-terminated */
    const char *folder;             /* to run in */
    const char *log_path;           /* a file that gets a copy of the output */
    const cpu_set_t *cpus;          /* to run on; NULL: as this process */
    int stop_signal;                /* what asks it to end; 0: SIGTERM */
    int inherited;                  /* descriptor that it keeps under the same number */
    bool forks;        /* it starts processes of its own: they are guarded, too */
    bool errors_apart; /* its stderr stays ours, only stdout is output */
    bool keep_all;     /* all of the output is kept, however much it is */
};

struct child {
    pid_t pid;         /* and process group; 0: never started */
    int pidfd;         /* readable when the child has ended */
    int output;        /* pipe from its stdout and stderr, non-blocking; -1 once closed */
    int log;           /* the log's descriptor, or -1 */
    bool keep_all;     /* as in the plan */
    int stop_signal;   /* as in the plan */
    pid_t guard;       /* the process that kills the group when we have gone, or 0 */
    int guard_pipe;    /* a byte sends the guard away, the end calls it; -1: no guard */
    struct text heard; /* the output so far; of a long one its end, see keep_all */
    bool ended;
    int status; /* of wait4, once ended */
    struct rusage usage;
};

/* No child yet: what a struct child has to be before it is released or started. */
#define CHILD_NONE                                                                       \
    {                                                                                    \
        .pidfd = -1, .output = -1, .log = -1, .guard_pipe = -1                           \
    }

/* 0, or -errno with nothing left to release. What the program itself cannot do (its
 * folder, its CPUs, the exec) it says on its output, and ends with exit code 127. */
MUST_CHECK int child_start(struct child *child, const struct child_plan *plan,
                           struct error *error);

/* Takes over what the child has printed; never blocks. */
void child_listen(struct child *child);

/* True once the child has ended; then `status` and `usage` are set. */
bool child_has_ended(struct child *child);

/* Waits until the child ends or `deadline_ns` passes: true if it ended. */
bool child_wait(struct child *child, uint64_t deadline_ns);

/*
 * For loops that wait for something that a child does: sleeps until it prints or ends,
 * 50 ms at most. 0, or why there is no point in going on: -EINTR where this program was
 * interrupted (interrupt.h), -ECHILD where the child has ended, -ETIMEDOUT.
 */
MUST_CHECK int child_pause(struct child *child, uint64_t deadline_ns);

/* Whether the child has printed a whole line with the announcement in it; `word` gets
 * what follows that, up to a blank. */
bool child_has_announced(const struct child *child, const char *announcement, char *word,
                         size_t bytes);

/* Waits for such a line: 0, or as child_pause. */
MUST_CHECK int child_await_line(struct child *child, const char *announcement,
                                uint64_t deadline_ns, char *word, size_t bytes);

/*
 * Sends the signal that asks it to end, and SIGKILL to its whole group where it, or what
 * it started, has not ended after `grace_ns`. True if it ended by itself and left no
 * process of its group behind. One that has ended is only checked for leftovers.
 */
bool child_stop(struct child *child, uint64_t grace_ns);

/* Kills what still runs and frees everything. */
void child_release(struct child *child);

/* "exit code 2", "killed by signal 9 (Killed)". */
void child_describe_end(const struct child *child, char *buffer, size_t bytes);

/* The last lines of its output, at most `bytes` of them, in one line. */
void child_last_words(const struct child *child, char *buffer, size_t bytes);

/*
 * Runs this very program with these arguments to its end and gives its stdout (heap).
 * It fails unless the exit code is 0 within `limit_ns`.
 */
MUST_CHECK int child_capture(const char *const *arguments, uint64_t limit_ns,
                             char **output, struct error *error);

#endif
