/*
 * pool.h - a connection pool: a declared number of connections, and a FIFO queue of the
 * steps that wait for one.
 *
 * A step takes a ticket. It holds a connection at once, or it stands in line: then
 * ticket->wake_fd, an eventfd, becomes readable when its turn has come; a thread sleeps
 * for that, a loop registers it. The pool does not know what a connection is: it hands on
 * pointers, and NULL for the right to make one.
 *
 * Thread-safe: a pool may belong to a thread or to a whole process.
 */
#ifndef SERVERS_OPS_POOL_H
#define SERVERS_OPS_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* Embedded in what takes it; zero-initialised it holds nothing. */
struct pool_ticket {
    bool holds;       /* a connection, or the right to make one                     */
    void *connection; /* NULL: to be made by the holder                             */
    bool in_line;
    int wake_fd;                    /* while it stands in line */
    TAILQ_ENTRY(pool_ticket) place; /* in the line */
};

struct pool {
    pthread_mutex_t lock; /* over all that follows, and over the tickets in line */
    size_t size;
    size_t held; /* tickets that hold */
    void **idle; /* connections that nobody holds, the last used one at the end */
    size_t idle_count;
    TAILQ_HEAD(pool_line, pool_ticket) line;
};

void pool_init(struct pool *pool, uint64_t size);

/* Closes what is idle; nobody may hold or wait any more. */
void pool_release(struct pool *pool, void (*close_connection)(void *connection));

/*
 * Takes a connection or a place in line; called again, looks whether the turn has
 * come. 1 when the ticket holds, 0 when it has to wait for wake_fd, -errno when there
 * is no descriptor to wait with.
 */
int pool_take(struct pool *pool, struct pool_ticket *ticket);

/*
 * Gives back what the ticket holds: the connection, or (`connection` NULL, when it was
 * closed) the right to make another. Leaves the line if it stands there.
 */
void pool_give(struct pool *pool, struct pool_ticket *ticket, void *connection);

#endif
