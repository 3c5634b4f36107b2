/* first_use.c - see first_use.h. */
#include "servers/ops/first_use.h"

#include <stddef.h>

void first_use_init(struct first_use *first_use)
{
    pthread_mutex_init(&first_use->lock, NULL);
    atomic_init(&first_use->made, NULL);
}

void *first_use_get(struct first_use *first_use, void *(*make)(void *context),
                    void *context)
{
    void *made = atomic_load_explicit(&first_use->made, memory_order_acquire);
    if (made)
        return made;
    pthread_mutex_lock(&first_use->lock);
    made = atomic_load_explicit(&first_use->made, memory_order_relaxed);
    if (!made) {
        made = make(context);
        atomic_store_explicit(&first_use->made, made, memory_order_release);
    }
    pthread_mutex_unlock(&first_use->lock);
    return made;
}

void *first_use_release(struct first_use *first_use)
{
    pthread_mutex_destroy(&first_use->lock);
    return atomic_load_explicit(&first_use->made, memory_order_relaxed);
}
