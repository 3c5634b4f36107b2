/* server_process.c - see server_process.h. */
#include "servers/server_process.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "servers/server_shared.h"
#include "servers/shared_memory.h"

/* ---- accounts --------------------------------------------------------------------- */

/* Under the lock, as are all changes. NULL when as many processes are there as
 * connections and parts may be. */
static struct server_process *open_account(struct server_shared *shared)
{
    int index = shared->free_process;
    if (index != NO_SLOT)
        shared->free_process = shared->processes[index].next_free;
    else if (shared->process_count < shared->process_slots)
        index = shared->process_count++;
    else
        return NULL;
    return &shared->processes[index];
}

static void free_account(struct server_shared *shared, struct server_process *process)
{
    process->pid = 0;
    process->next_free = shared->free_process;
    shared->free_process = (int)(process - shared->processes);
}

/* What a process that is no more had accepted does not count any longer. */
static void give_back_connections(struct server_shared *shared,
                                  struct server_process *process)
{
    uint64_t held = atomic_exchange(&process->connections, 0);
    atomic_fetch_sub(&shared->connections, held);
    if (held > 0)
        server_wake_paused(shared);
}

void server_give_connection(struct server *server, struct server_process *to)
{
    atomic_fetch_sub(&server->process->connections, 1);
    atomic_fetch_add(&to->connections, 1);
}

void server_count_restart(struct server *server)
{
    atomic_fetch_add(&server->shared->restarts, 1);
}

/* ---- processes -------------------------------------------------------------------- */

/* Ends with the primary, however that ends. */
static void become_child(struct server *server, struct server_process *process,
                         pid_t primary)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != primary)
        _exit(1); /* it ended before the line above */
    server->process = process;
}

pid_t server_fork(struct server *server, struct server_process **process)
{
    struct server_shared *shared = server->shared;
    pid_t primary = getpid();
    /* Who kills all has to know all: the number is there once the lock is free. */
    shared_lock_take(&shared->lock);
    struct server_process *account = open_account(shared);
    pid_t pid = account ? fork() : -1;
    int failure = account ? errno : EAGAIN;
    if (pid == 0) {
        become_child(server, account, primary);
        return 0; /* the lock is the parent's */
    }
    if (pid > 0)
        account->pid = pid;
    else if (account)
        free_account(shared, account);
    pthread_mutex_unlock(&shared->lock);
    if (pid < 0)
        return -failure;
    *process = account;
    return pid;
}

bool server_reap(struct server *server, struct server_process *process, int *status)
{
    struct server_shared *shared = server->shared;
    /* While it is not reaped its number is nobody else's. */
    shared_lock_take(&shared->lock);
    pid_t pid = process->pid;
    bool ended = waitpid(pid, status, WNOHANG) == pid;
    if (ended && !(WIFEXITED(*status) && WEXITSTATUS(*status) == 0))
        server_free_slots_of(shared, pid);
    if (ended) {
        give_back_connections(shared, process);
        free_account(shared, process);
    }
    pthread_mutex_unlock(&shared->lock);
    return ended;
}

bool server_kill_processes(struct server *server)
{
    struct server_shared *shared = server->shared;
    bool any = false;
    shared_lock_take(&shared->lock);
    for (int i = 0; i < shared->process_count; i++)
        if (shared->processes[i].pid > 0)
            any = kill(shared->processes[i].pid, SIGKILL) == 0 || any;
    pthread_mutex_unlock(&shared->lock);
    return any;
}
