/* shared_input.c - see shared_input.h. */
#include "servers/ops/shared_input.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "servers/shared_memory.h"

struct shared_input {
    size_t mapped_bytes;
    pthread_mutex_t lock; /* held while it is made */
    atomic_bool made;     /* then it never changes */
    _Alignas(64) char data[];
};

int shared_input_start(size_t bytes, void **shared, struct error *error)
{
    size_t mapped_bytes = sizeof(struct shared_input) + bytes;
    struct shared_input *input = shared_memory_create(mapped_bytes);
    if (!input)
        return error_set(error, -errno, "no memory: %s", strerror(errno));
    input->mapped_bytes = mapped_bytes;
    shared_lock_init(&input->lock);
    *shared = input;
    return 0;
}

void shared_input_stop(void *shared)
{
    struct shared_input *input = shared;
    pthread_mutex_destroy(&input->lock);
    shared_memory_free(input, input->mapped_bytes);
}

void *shared_input_get(void *shared, shared_input_make *make)
{
    struct shared_input *input = shared;
    if (atomic_load_explicit(&input->made, memory_order_acquire))
        return input->data;
    shared_lock_take(&input->lock);
    bool made =
        atomic_load_explicit(&input->made, memory_order_relaxed) || make(input->data);
    atomic_store_explicit(&input->made, made, memory_order_release);
    pthread_mutex_unlock(&input->lock);
    return made ? input->data : NULL;
}
