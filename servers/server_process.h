/*
 * server_process.h - a server of several processes: forking them, what each of them
 * holds, and what happens when one of them dies.
 *
 * The primary is the process that the server was opened in. It forks the others, always
 * from the thread that runs the model, and reaps them; they die with it. What a process
 * that was killed had in hand is lost, nothing else: its connections no longer count
 * against the cap, its counters stay.
 */
#ifndef SERVERS_SERVER_PROCESS_H
#define SERVERS_SERVER_PROCESS_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "servers/server.h"

/*
 * A process's account, in shared memory. Kill a process between a change here and the
 * same one of the server's own count, and the cap is smaller by one from then on; never
 * larger.
 */
struct server_process {
    _Alignas(64) _Atomic uint64_t connections; /* accepted and not closed yet          */
    pid_t pid;     /* 0: has ended, or was not forked; under the lock of the server    */
    int next_free; /* the server's: an account that may be used again                  */
};

/*
 * Forks. In the parent: the child's number, and its account in `*process`; or -errno.
 * In the child: 0. `server`, which may be a part, is what the child serves, and its own
 * copy there.
 */
pid_t server_fork(struct server *server, struct server_process **process);

/*
 * Takes note of the end of a child. False while it lives; else *status is as waitpid
 * gives it, and the account is gone.
 */
bool server_reap(struct server *server, struct server_process *process, int *status);

/* One of this process's connections belongs to that child from now on. */
void server_give_connection(struct server *server, struct server_process *to);

/* A worker that has died is replaced: counts that. */
void server_count_restart(struct server *server);

#endif
