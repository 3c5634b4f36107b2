/*
 * first_use.h - something that all threads of a server share and that is made when it
 * is first needed, so that a server that never runs the op does not pay for it.
 */
#ifndef SERVERS_OPS_FIRST_USE_H
#define SERVERS_OPS_FIRST_USE_H

#include <pthread.h>
#include <stdatomic.h>

struct first_use {
    pthread_mutex_t lock; /* held while it is made: only one thread does */
    _Atomic(void *) made; /* NULL until then; never changes afterwards   */
};

void first_use_init(struct first_use *first_use);

/*
 * What `make` returned, now or earlier. Where it returns NULL, so does this, and the
 * next caller tries again.
 */
void *first_use_get(struct first_use *first_use, void *(*make)(void *context),
                    void *context);

/* What was made, for its owner to free, or NULL. No other thread uses it any more. */
void *first_use_release(struct first_use *first_use);

#endif
