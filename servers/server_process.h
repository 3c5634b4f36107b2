/*
 * server_process.h - a server of several processes: forking them, what each of them
 * holds, and what happens when one of them dies.
 *
 * The primary is the process that the server was opened in. It forks the others, always
 * from the thread that runs the model, and reaps them; they die with it. A process that
 * is killed loses the requests that it had in hand, and nothing else: its connections no
 * longer count against the cap, and its counters stay.
 */
#ifndef SERVERS_SERVER_PROCESS_H
#define SERVERS_SERVER_PROCESS_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "servers/server.h"

/*
 * What the server keeps for a process, in shared memory. A process that is killed between
 * a change here and the same change of the server's own count leaves the cap smaller by
 * one from then on; never larger.
 */
struct process_account {
    _Alignas(64) _Atomic uint64_t connections; /* accepted and not closed yet          */
    pid_t pid;     /* 0: has ended, or was not forked; under the lock of the server    */
    int next_free; /* free list, see struct server_shared                              */
};

/*
 * Forks. In the parent: the child's process id, and its account in *account; or -errno.
 * In the child: 0. `server`, which may be a part, is what the child serves, and its own
 * copy there.
 */
pid_t server_fork(struct server *server, struct process_account **account);

/*
 * Reaps the child without waiting. False while it lives; else *status is as waitpid gives
 * it, and the account is free.
 */
bool server_reap(struct server *server, struct process_account *account, int *status);

/* One of this process's connections belongs to that child from now on. */
void server_give_connection(struct server *server, struct process_account *to);

/* Counts that a worker has died and is replaced. */
void server_count_restart(struct server *server);

#endif
