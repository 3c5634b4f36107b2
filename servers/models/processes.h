/*
 * processes.h - the primary of a server of several processes: forks them, waits for
 * their ends and for other events, and accepts connections where the model wants it to.
 * How it goes on when one ends is the model's business.
 *
 * At the order to stop it accepts no more and passes the order on: server->stop_fd is
 * readable in all processes, and each gets SIGTERM, which it has blocked unless it
 * sleeps in calls that only a signal can end (see single_client.h). Then it waits for
 * all of them. All functions belong to the thread that runs the model.
 */
#ifndef SERVERS_MODELS_PROCESSES_H
#define SERVERS_MODELS_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "servers/server.h"
#include "servers/server_process.h"

/* A descriptor, and what to do when it is ready. Embedded in what it is about. */
struct watched {
    int fd;
    void (*ready)(struct watched *watched);
};

struct processes;

/* A child. The model's to embed; zero-initialised it is none. */
struct process {
    struct processes *processes;
    struct process_account *account;
    struct watched end; /* its pidfd */
    pid_t pid;
    LIST_ENTRY(process) place; /* among those that live */
};

struct processes {
    struct server *server;
    struct worker *worker; /* of the primary */
    int epoll_fd;
    LIST_HEAD(process_list, process) living;
    struct watched stop, listener, capacity;
    int accept_flags;
    bool stops; /* the processes were sent SIGTERM */

    /* What the model makes of it; `context` is its own. */
    void *context;
    /* The process was reaped; it may be freed, or started again. */
    void (*ended)(struct process *process, int status);
    /* Or NULL: the primary does not accept. Takes the socket over. */
    void (*accepted)(struct processes *processes, int fd);
    /* server_accept or server_accept_to_hand, where it does. */
    int (*accept)(struct server *server, struct worker *worker, int flags);
};

/* With all that the model sets already set. The primary counts as `role`. 0 or -errno. */
MUST_CHECK int processes_open(struct processes *processes, struct server *server,
                              const char *role, struct error *error);
void processes_close(struct processes *processes);

/*
 * Forks a process that serves `server` (the server or a part of it) by calling `serve`,
 * and ends with what that returns as its exit code. It is one of `sharers`, the
 * `index`th, to share what is declared for the whole server. 0 or -errno.
 */
struct process_plan {
    struct server *server;
    uint64_t index, sharers;
    int (*serve)(void *context);
    void *context;
};
MUST_CHECK int process_start(struct process *process, struct processes *processes,
                             const struct process_plan *plan);

/* Waits for more descriptors, `events` as for epoll_ctl. 0 or -errno. */
MUST_CHECK int processes_watch(struct processes *processes, struct watched *watched,
                               unsigned events);
void processes_change(struct processes *processes, struct watched *watched,
                      unsigned events);

/* Pauses accepting, or goes on with it. */
void processes_set_accepting(struct processes *processes, bool accepting);

/* Until the server stops and all processes have ended. */
void processes_serve(struct processes *processes);

/* "signal 9 (Killed)", "exit code 1": heap. */
char *process_describe_end(int status);

#endif
