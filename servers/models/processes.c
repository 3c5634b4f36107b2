/* processes.c - see processes.h. */
#include "servers/models/processes.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "servers/event.h"
#include "servers/models/task_queue.h"

#define EVENTS 64

/* So many connections are accepted before other events get their turn. */
#define ACCEPT_BATCH 64

/* ---- events ----------------------------------------------------------------------- */

int processes_watch(struct processes *processes, struct watched *watched, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = watched};
    return epoll_ctl(processes->epoll_fd, EPOLL_CTL_ADD, watched->fd, &event) < 0 ? -errno
                                                                                  : 0;
}

void processes_change(struct processes *processes, struct watched *watched,
                      unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = watched};
    epoll_ctl(processes->epoll_fd, EPOLL_CTL_MOD, watched->fd, &event);
}

/* Explicitly: epoll watches the open file, which closing the descriptor does not close
 * while a process forked meanwhile has a copy. */
static void unwatch(struct processes *processes, struct watched *watched)
{
    epoll_ctl(processes->epoll_fd, EPOLL_CTL_DEL, watched->fd, NULL);
}

/* ---- processes -------------------------------------------------------------------- */

static void on_end(struct watched *end)
{
    struct process *process = CONTAINER_OF(end, struct process, end);
    struct processes *processes = process->processes;
    int status;
    if (!server_reap(processes->server, process->account, &status))
        return;
    unwatch(processes, end);
    close(end->fd);
    LIST_REMOVE(process, place);
    processes->ended(process, status);
}

/* In the child, which leaves with _exit: what exit would release is the primary's. */
static void serve(const struct process_plan *plan) __attribute__((noreturn));
static void serve(const struct process_plan *plan)
{
    ops_divide(plan->server->ops, plan->index, plan->sharers);
    _exit(plan->serve(plan->context));
}

/* A process that cannot be watched is killed: its end would not be noticed. */
static int abort_start(struct process *process, int failure)
{
    int status;
    kill(process->pid, SIGKILL);
    while (!server_reap(process->processes->server, process->account, &status)) {
        siginfo_t unused;
        waitid(P_PID, (id_t)process->pid, &unused, WEXITED | WNOWAIT);
    }
    if (process->end.fd >= 0)
        close(process->end.fd);
    return failure;
}

int process_start(struct process *process, struct processes *processes,
                  const struct process_plan *plan)
{
    process->processes = processes;
    process->pid = server_fork(plan->server, &process->account);
    if (process->pid == 0)
        serve(plan);
    if (process->pid < 0)
        return process->pid;
    process->end = (struct watched){pidfd_open(process->pid, 0), on_end};
    int result = process->end.fd < 0 ? -errno : 0;
    if (result == 0)
        result = processes_watch(processes, &process->end, EPOLLIN);
    if (result < 0)
        return abort_start(process, result);
    LIST_INSERT_HEAD(&processes->living, process, place);
    return 0;
}

char *process_describe_end(int status)
{
    return WIFSIGNALED(status) ? memory_printf("signal %d (%s)", WTERMSIG(status),
                                               strsignal(WTERMSIG(status)))
                               : memory_printf("exit code %d", WEXITSTATUS(status));
}

/* ---- accepting -------------------------------------------------------------------- */

void processes_set_accepting(struct processes *processes, bool accepting)
{
    if (!processes->stops)
        processes_change(processes, &processes->listener, accepting ? EPOLLIN : 0);
}

static void on_connections(struct watched *listener)
{
    struct processes *processes = CONTAINER_OF(listener, struct processes, listener);
    struct server *server = processes->server;
    int fd = 0;
    for (int i = 0; i < ACCEPT_BATCH && fd >= 0 && !server_is_stopping(server); i++) {
        fd = processes->accept(server, processes->worker, processes->accept_flags);
        if (fd >= 0)
            processes->accepted(processes, fd);
    }
    if (fd == -EMFILE)
        processes_set_accepting(processes, false); /* until capacity_fd is raised */
}

static void on_capacity(struct watched *capacity)
{
    struct processes *processes = CONTAINER_OF(capacity, struct processes, capacity);
    event_drain(processes->server->capacity_fd);
    processes_set_accepting(processes, true);
}

/* ---- the whole -------------------------------------------------------------------- */

static void on_stop(struct watched *stop)
{
    struct processes *processes = CONTAINER_OF(stop, struct processes, stop);
    processes->stops = true;
    unwatch(processes, stop);
    if (processes->accepted) {
        unwatch(processes, &processes->listener);
        unwatch(processes, &processes->capacity);
    }
    struct process *process;
    LIST_FOREACH (process, &processes->living, place)
        kill(process->pid, SIGTERM);
}

int processes_open(struct processes *processes, struct server *server, const char *role,
                   struct error *error)
{
    processes->server = server;
    processes->stop = (struct watched){server->stop_fd, on_stop};
    processes->listener = (struct watched){server->listen_fd, on_connections};
    processes->capacity = (struct watched){server->capacity_fd, on_capacity};
    processes->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int result = processes->epoll_fd < 0 ? -errno : 0;
    if (result == 0)
        result = processes_watch(processes, &processes->stop, EPOLLIN);
    if (result == 0 && processes->accepted)
        result = processes_watch(processes, &processes->capacity, EPOLLIN);
    if (result == 0 && processes->accepted)
        result = processes_watch(processes, &processes->listener, EPOLLIN);
    processes->worker = server_join(server, role, 0);
    if (result == 0)
        return 0;
    processes_close(processes);
    return error_set(error, result, "cannot wait for processes: %s", strerror(-result));
}

void processes_close(struct processes *processes)
{
    if (processes->epoll_fd >= 0)
        close(processes->epoll_fd);
    server_leave(processes->server, processes->worker);
}

void processes_serve(struct processes *processes)
{
    while (!processes->stops || !LIST_EMPTY(&processes->living)) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(processes->epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct watched *watched = events[i].data.ptr;
            watched->ready(watched);
        }
    }
}
