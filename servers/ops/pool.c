/* pool.c - see pool.h. */
#include "servers/ops/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/text.h"
#include "servers/event.h"

void pool_init(struct pool *pool, uint64_t size)
{
    *pool = (struct pool){.size = size ? (size_t)size : 1};
    TAILQ_INIT(&pool->line);
    pool->idle = memory_allocate_zeroed(pool->size, sizeof *pool->idle);
    pthread_mutex_init(&pool->lock, NULL);
}

void pool_release(struct pool *pool, void (*close_connection)(void *connection))
{
    for (size_t i = 0; i < pool->idle_count; i++)
        close_connection(pool->idle[i]);
    free(pool->idle);
    pthread_mutex_destroy(&pool->lock);
}

static void hold(struct pool_ticket *ticket, void *connection)
{
    ticket->holds = true;
    ticket->connection = connection;
}

static int stand_in_line(struct pool *pool, struct pool_ticket *ticket)
{
    ticket->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ticket->wake_fd < 0)
        return -errno;
    ticket->in_line = true;
    TAILQ_INSERT_TAIL(&pool->line, ticket, place);
    return 0;
}

int pool_take(struct pool *pool, struct pool_ticket *ticket)
{
    int result = 0;
    pthread_mutex_lock(&pool->lock);
    if (ticket->in_line && ticket->holds) {
        ticket->in_line = false;
        close(ticket->wake_fd);
    } else if (!ticket->in_line && pool->held < pool->size) {
        pool->held++;
        hold(ticket, pool->idle_count ? pool->idle[--pool->idle_count] : NULL);
    } else if (!ticket->in_line) {
        result = stand_in_line(pool, ticket);
    }
    if (ticket->holds)
        result = 1;
    pthread_mutex_unlock(&pool->lock);
    return result;
}

/* To the first in line. Its eventfd is raised under the lock: the ticket may be gone as
 * soon as its owner has woken. */
static void hand_on(struct pool *pool, void *connection)
{
    struct pool_ticket *first = TAILQ_FIRST(&pool->line);
    TAILQ_REMOVE(&pool->line, first, place);
    hold(first, connection);
    event_raise(first->wake_fd);
}

void pool_give(struct pool *pool, struct pool_ticket *ticket, void *connection)
{
    pthread_mutex_lock(&pool->lock);
    if (ticket->in_line && !ticket->holds)
        TAILQ_REMOVE(&pool->line, ticket, place);
    if (ticket->in_line)
        close(ticket->wake_fd);
    /* Its turn had come, but pool_take was not called again: what it got goes on. */
    if (ticket->in_line && ticket->holds)
        connection = ticket->connection;
    if (ticket->holds && !TAILQ_EMPTY(&pool->line)) {
        hand_on(pool, connection);
    } else if (ticket->holds) {
        pool->held--;
        if (connection)
            pool->idle[pool->idle_count++] = connection;
    }
    pthread_mutex_unlock(&pool->lock);
    *ticket = (struct pool_ticket){0};
}
