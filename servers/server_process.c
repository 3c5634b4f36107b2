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

/* NULL when there are as many processes as connections and parts may be. Accounts are
 * opened and released under the lock. */
static struct process_account *open_account(struct server_shared *shared)
{
    int index = shared->free_account;
    if (index != NO_SLOT)
        shared->free_account = shared->accounts[index].next_free;
    else if (shared->account_count < shared->account_slots)
        index = shared->account_count++;
    else
        return NULL;
    return &shared->accounts[index];
}

static void release_account(struct server_shared *shared, struct process_account *account)
{
    account->pid = 0;
    account->next_free = shared->free_account;
    shared->free_account = (int)(account - shared->accounts);
}

/* The connections of a process that has ended do not count against the cap any more. */
static void give_back_connections(struct server_shared *shared,
                                  struct process_account *account)
{
    uint64_t held = atomic_exchange(&account->connections, 0);
    atomic_fetch_sub(&shared->connections, held);
    if (held > 0)
        server_wake_paused(shared);
}

void server_give_connection(struct server *server, struct process_account *to)
{
    atomic_fetch_sub(&server->account->connections, 1);
    atomic_fetch_add(&to->connections, 1);
}

void server_count_restart(struct server *server)
{
    atomic_fetch_add(&server->shared->restarts, 1);
}

/* ---- processes -------------------------------------------------------------------- */

/* PR_SET_PDEATHSIG: the child is killed when the primary ends, however that ends. */
static void become_child(struct server *server, struct process_account *account,
                         pid_t primary)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != primary)
        _exit(1); /* the primary had ended before the call of prctl */
    server->account = account;
}

pid_t server_fork(struct server *server, struct process_account **result)
{
    struct server_shared *shared = server->shared;
    pid_t primary = getpid();
    /* The lock is held until the process id is noted: server_kill_processes, which takes
     * it too, misses no child. */
    shared_lock_take(&shared->lock);
    struct process_account *account = open_account(shared);
    pid_t pid = account ? fork() : -1;
    int failure = account ? errno : EAGAIN;
    if (pid == 0) {
        become_child(server, account, primary);
        return 0; /* the parent holds the lock and releases it */
    }
    if (pid > 0)
        account->pid = pid;
    else if (account)
        release_account(shared, account);
    pthread_mutex_unlock(&shared->lock);
    if (pid < 0)
        return -failure;
    *result = account;
    return pid;
}

bool server_reap(struct server *server, struct process_account *account, int *status)
{
    struct server_shared *shared = server->shared;
    /* Until it is reaped its process id is not used again, so a kill under the same lock
     * hits no stranger. */
    shared_lock_take(&shared->lock);
    pid_t pid = account->pid;
    bool ended = waitpid(pid, status, WNOHANG) == pid;
    if (ended && !(WIFEXITED(*status) && WEXITSTATUS(*status) == 0))
        server_free_slots_of(shared, pid);
    if (ended) {
        give_back_connections(shared, account);
        release_account(shared, account);
    }
    pthread_mutex_unlock(&shared->lock);
    return ended;
}

bool server_kill_processes(struct server *server)
{
    struct server_shared *shared = server->shared;
    bool any = false;
    shared_lock_take(&shared->lock);
    for (int i = 0; i < shared->account_count; i++)
        if (shared->accounts[i].pid > 0)
            any = kill(shared->accounts[i].pid, SIGKILL) == 0 || any;
    pthread_mutex_unlock(&shared->lock);
    return any;
}
