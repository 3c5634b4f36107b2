/* server_count.c - the counters of workers and loops, in memory that all processes share.
 * See server.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "servers/server_shared.h"
#include "servers/shared_memory.h"

/* ---- workers ---------------------------------------------------------------------- */

static struct worker *take_free_slot(struct server_shared *shared, const char *role,
                                     int index)
{
    for (int *link = &shared->free_slot; *link != NO_SLOT;
         link = &shared->workers[*link].next_free) {
        struct worker *worker = &shared->workers[*link];
        if (worker->index == index && strcmp(worker->role, role) == 0) {
            *link = worker->next_free;
            worker->pid = getpid();
            return worker;
        }
    }
    return NULL;
}

struct worker *server_join(struct server *server, const char *role, int index)
{
    struct server_shared *shared = server->shared;
    shared_lock_take(&shared->lock);
    struct worker *worker = take_free_slot(shared, role, index);
    if (!worker) {
        if (shared->slot_count == shared->slots)
            abort(); /* more workers than connections and pools may have */
        worker = &shared->workers[shared->slot_count];
        worker->role = role;
        worker->index = index;
        worker->pid = getpid();
        shared->slot_count++;
    }
    pthread_mutex_unlock(&shared->lock);
    return worker;
}

/* The order of these stores matters: a process that is killed between them leaves a slot
 * that is never used again, but none that is in the list twice. */
static void free_slot(struct server_shared *shared, struct worker *worker)
{
    worker->pid = 0;
    worker->next_free = shared->free_slot;
    shared->free_slot = (int)(worker - shared->workers);
}

void server_leave(struct server *server, struct worker *worker)
{
    struct server_shared *shared = server->shared;
    worker_count(&worker->cpu_ns, clock_thread_cpu_ns());
    shared_lock_take(&shared->lock);
    free_slot(shared, worker);
    pthread_mutex_unlock(&shared->lock);
}

void server_free_slots_of(struct server_shared *shared, int pid)
{
    for (int i = 0; i < shared->slot_count; i++)
        if (shared->workers[i].pid == pid)
            free_slot(shared, &shared->workers[i]);
}

/* ---- loops ------------------------------------------------------------------------ */

struct loop_health *server_loop_health(struct server *server)
{
    if (server->settings.quiet_loops)
        return NULL;
    int index = atomic_fetch_add(&server->shared->loop_count, 1);
    return index < SERVER_MAX_LOOPS ? &server->shared->loops[index] : NULL;
}

enum loop_window server_window(const struct server *server)
{
    return (enum loop_window)atomic_load_explicit(&server->shared->window,
                                                  memory_order_relaxed);
}
