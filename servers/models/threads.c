/* threads.c - see threads.h. */
#include "servers/models/threads.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct thread_start {
    pthread_t thread;
    thread_body *body;
    void *context;
    int index;
};

static void *start(void *argument)
{
    const struct thread_start *given = argument;
    return given->body(given->context, given->index);
}

int threads_start(struct threads *threads, uint64_t count, thread_body *body,
                  void *context, struct error *error)
{
    threads->starts = memory_allocate_zeroed((size_t)count, sizeof *threads->starts);
    for (threads->count = 0; threads->count < count; threads->count++) {
        struct thread_start *given = &threads->starts[threads->count];
        *given = (struct thread_start){
            .body = body, .context = context, .index = (int)threads->count};
        int failure = pthread_create(&given->thread, NULL, start, given);
        if (failure)
            return error_set(error, -failure, "cannot start thread %llu of %llu: %s",
                             (unsigned long long)threads->count + 1,
                             (unsigned long long)count, strerror(failure));
    }
    return 0;
}

void threads_join(struct threads *threads)
{
    for (uint64_t i = 0; i < threads->count; i++)
        pthread_join(threads->starts[i].thread, NULL);
    free(threads->starts);
}
