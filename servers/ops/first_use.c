/* first_use.c - see first_use.h. */
#include "servers/ops/first_use.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/text.h"

struct first_use {
    struct op_environment environment;
    pthread_mutex_t lock; /* held while it is made */
    _Atomic(void *) made; /* NULL until then; never changes afterwards */
};

int first_use_start(const struct op_environment *environment, void **shared,
                    struct error *error)
{
    (void)error;
    struct first_use *first_use = memory_allocate(sizeof *first_use);
    first_use->environment = *environment;
    pthread_mutex_init(&first_use->lock, NULL);
    atomic_init(&first_use->made, NULL);
    *shared = first_use;
    return 0;
}

void *first_use_get(void *shared, first_use_make *make)
{
    struct first_use *first_use = shared;
    void *made = atomic_load_explicit(&first_use->made, memory_order_acquire);
    if (made)
        return made;
    pthread_mutex_lock(&first_use->lock);
    made = atomic_load_explicit(&first_use->made, memory_order_relaxed);
    if (!made) {
        made = make(&first_use->environment);
        atomic_store_explicit(&first_use->made, made, memory_order_release);
    }
    pthread_mutex_unlock(&first_use->lock);
    return made;
}

void first_use_stop(void *shared, void (*release)(void *made))
{
    struct first_use *first_use = shared;
    void *made = atomic_load_explicit(&first_use->made, memory_order_relaxed);
    if (made)
        release(made);
    pthread_mutex_destroy(&first_use->lock);
    free(first_use);
}
