/* worker_processes.c - see worker_processes.h. */
#include "servers/models/worker_processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "servers/event.h"
#include "servers/models/processes.h"
#include "servers/models/task_queue.h"
#include "servers/shared_memory.h"

/* A worker that dies within this time of its start has died at once. */
#define AT_ONCE_NS NS_PER_S

/* After so many such deaths of a worker in a row the server ends with an error. */
#define MAX_AT_ONCE 5

/* What a worker tells the primary, in shared memory. */
struct report {
    atomic_bool is_ready;
    atomic_bool has_failed; /* `why` is complete */
    struct error why;
};

struct worker_process {
    struct process process;
    struct workers *workers;
    struct server part;
    int index;
    struct report *report;
    struct watched channel; /* the part's hand_fd: whether it takes more */
    uint64_t started_ns;
    int at_once; /* deaths */
};

struct workers {
    struct processes processes;
    struct server *server;
    const struct worker_plan *plan;
    struct worker_process *all; /* plan->count */
    uint64_t opened;            /* whose part is open */
    struct report *reports;
    struct watched ready; /* an eventfd: some worker is ready */
    bool is_announced;
    uint64_t next;  /* whose turn it is to be handed a connection */
    int pending_fd; /* accepted while all channels were full, or -1 */
    int result;     /* of the whole: 0 or -errno, and then `error` says why */
    struct error *error;
};

static size_t reports_bytes(const struct workers *workers)
{
    return workers->plan->count * sizeof *workers->reports;
}

/* ---- in the worker ---------------------------------------------------------------- */

static void report_ready(struct server *part)
{
    const struct worker_process *worker = part->context;
    atomic_store(&worker->report->is_ready, true);
    event_raise(worker->workers->ready.fd);
}

static int serve_part(void *context)
{
    struct worker_process *worker = context;
    const struct workers *workers = worker->workers;
    if (workers->pending_fd >= 0)
        close(workers->pending_fd);
    worker->part.on_ready = report_ready;
    worker->part.context = worker;
    int result = workers->plan->serve(&worker->part, worker->index,
                                      workers->plan->context, &worker->report->why);
    atomic_store(&worker->report->has_failed, result < 0);
    return result < 0;
}

/* ---- starting and replacing ------------------------------------------------------- */

static int start(struct worker_process *worker)
{
    struct workers *workers = worker->workers;
    const struct process_plan plan = {
        .server = &worker->part,
        .index = (uint64_t)worker->index,
        .sharers = workers->plan->count,
        .serve = serve_part,
        .context = worker,
    };
    worker->started_ns = clock_now_ns();
    atomic_store(&worker->report->is_ready, false);
    int result = process_start(&worker->process, &workers->processes, &plan);
    return result < 0
               ? error_set(workers->error, result,
                           "cannot start worker process %d of %llu: %s",
                           worker->index + 1, (unsigned long long)workers->plan->count,
                           strerror(-result))
               : 0;
}

/* The first failure counts; the message is set already. */
static void give_up(struct workers *workers, int result)
{
    workers->result = result;
    server_stop(workers->server);
}

static void refuse_end(struct worker_process *worker, int status, const char *when)
{
    struct workers *workers = worker->workers;
    char *end = process_describe_end(status);
    error_set(workers->error, -ECHILD, "worker process %d of %llu ended %s: %s",
              worker->index + 1, (unsigned long long)workers->plan->count, when, end);
    free(end);
    give_up(workers, -ECHILD);
}

static void on_worker_end(struct process *process, int status)
{
    struct worker_process *worker = CONTAINER_OF(process, struct worker_process, process);
    struct workers *workers = worker->workers;
    if (server_is_stopping(workers->server))
        return;
    bool at_once = clock_now_ns() - worker->started_ns < AT_ONCE_NS;
    worker->at_once = at_once ? worker->at_once + 1 : 0;
    if (atomic_load(&worker->report->has_failed)) {
        *workers->error = worker->report->why;
        give_up(workers, -ECHILD);
    } else if (!workers->is_announced) {
        refuse_end(worker, status, "before the server was ready");
    } else if (worker->at_once == MAX_AT_ONCE) {
        refuse_end(worker, status, "at once, again and again");
    } else {
        server_count_restart(workers->server);
        int result = start(worker);
        if (result < 0)
            give_up(workers, result);
    }
}

/* The server is ready when all workers are, the first time. */
static void on_worker_ready(struct watched *ready)
{
    struct workers *workers = CONTAINER_OF(ready, struct workers, ready);
    event_drain(ready->fd);
    for (uint64_t i = 0; i < workers->plan->count; i++)
        if (!atomic_load(&workers->reports[i].is_ready))
            return;
    if (!workers->is_announced)
        server_ready(workers->server);
    workers->is_announced = true;
}

/* ---- handing connections ---------------------------------------------------------- */

static uint64_t count_connections(const struct worker_process *worker)
{
    return atomic_load(&worker->process.account->connections) +
           server_count_handed(&worker->part);
}

static uint64_t choose(struct workers *workers)
{
    uint64_t count = workers->plan->count, chosen = workers->next;
    workers->next = (workers->next + 1) % count;
    if (workers->plan->handing == HAND_IN_TURN)
        return chosen;
    uint64_t fewest = count_connections(&workers->all[chosen]);
    for (uint64_t i = 0; i < count && fewest > 0; i++) {
        uint64_t index = (workers->next + i) % count;
        uint64_t held = count_connections(&workers->all[index]);
        if (held < fewest) {
            fewest = held;
            chosen = index;
        }
    }
    return chosen;
}

/* To the chosen process, or to the first after it whose channel is not full. */
static int hand(struct workers *workers, uint64_t chosen, int fd)
{
    int result = -EAGAIN;
    for (uint64_t i = 0; i < workers->plan->count && result < 0; i++)
        result = server_hand(&workers->all[(chosen + i) % workers->plan->count].part, fd);
    return result;
}

static void watch_channels(struct workers *workers, unsigned events)
{
    for (uint64_t i = 0; i < workers->plan->count; i++)
        processes_change(&workers->processes, &workers->all[i].channel, events);
}

static void on_accepted(struct processes *processes, int fd)
{
    struct workers *workers = processes->context;
    if (hand(workers, choose(workers), fd) == 0)
        return;
    /* Backpressure: connections wait in the backlog until a channel has space again. */
    workers->pending_fd = fd;
    processes_set_accepting(processes, false);
    watch_channels(workers, EPOLLOUT);
}

static void on_channel_free(struct watched *channel)
{
    struct worker_process *worker = CONTAINER_OF(channel, struct worker_process, channel);
    struct workers *workers = worker->workers;
    if (workers->pending_fd < 0 ||
        hand(workers, (uint64_t)worker->index, workers->pending_fd) < 0)
        return;
    workers->pending_fd = -1;
    watch_channels(workers, 0);
    processes_set_accepting(&workers->processes, true);
}

/* ---- the whole -------------------------------------------------------------------- */

static int open_worker(struct workers *workers, uint64_t index)
{
    struct worker_process *worker = &workers->all[index];
    *worker = (struct worker_process){
        .workers = workers,
        .index = (int)index,
        .report = &workers->reports[index],
    };
    int result = server_split(&worker->part, workers->server, workers->plan->entry,
                              workers->error);
    if (result < 0)
        return result;
    workers->opened++;
    worker->channel = (struct watched){worker->part.hand_fd, on_channel_free};
    if (workers->plan->entry == SERVER_HANDED)
        result = processes_watch(&workers->processes, &worker->channel, 0);
    return result < 0
               ? error_set(workers->error, result, "cannot watch a worker's channel: %s",
                           strerror(-result))
               : 0;
}

/* All parts are opened before the first fork, so that every process has all of them. */
static int start_all(struct workers *workers)
{
    int result = 0;
    for (uint64_t i = 0; i < workers->plan->count && result == 0; i++)
        result = open_worker(workers, i);
    if (result == 0)
        result = processes_watch(&workers->processes, &workers->ready, EPOLLIN);
    for (uint64_t i = 0; i < workers->plan->count && result == 0; i++)
        result = start(&workers->all[i]);
    return result;
}

static int open_all(struct workers *workers)
{
    workers->all = memory_allocate_zeroed(workers->plan->count, sizeof *workers->all);
    workers->reports = shared_memory_create(reports_bytes(workers));
    workers->ready =
        (struct watched){eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), on_worker_ready};
    if (!workers->reports || workers->ready.fd < 0)
        return error_set(workers->error, -errno, "cannot watch worker processes: %s",
                         strerror(errno));
    return processes_open(&workers->processes, workers->server, "primary",
                          workers->error);
}

static void close_all(struct workers *workers)
{
    if (workers->pending_fd >= 0) {
        close(workers->pending_fd);
        server_closed(workers->server);
    }
    for (uint64_t i = 0; i < workers->opened; i++)
        server_close_part(&workers->all[i].part);
    free(workers->all);
    if (workers->ready.fd >= 0)
        close(workers->ready.fd);
    shared_memory_free(workers->reports, reports_bytes(workers));
}

int worker_processes_run(struct server *server, const struct worker_plan *plan,
                         struct error *error)
{
    bool hands = plan->entry == SERVER_HANDED;
    struct workers workers = {
        .server = server,
        .plan = plan,
        .pending_fd = -1,
        .error = error,
        .processes = {.ended = on_worker_end,
                      .accepted = hands ? on_accepted : NULL,
                      .accept = server_accept_to_hand,
                      .accept_flags = plan->accept_flags},
    };
    workers.processes.context = &workers;
    int result = open_all(&workers);
    if (result == 0) {
        result = start_all(&workers);
        if (result < 0)
            give_up(&workers, result);
        processes_serve(&workers.processes);
        result = workers.result;
        processes_close(&workers.processes);
    }
    close_all(&workers);
    return result;
}
