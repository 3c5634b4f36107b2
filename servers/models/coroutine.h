/*
 * coroutine.h - functions that can stop in the middle and go on later, each on a stack
 * of its own. The switch is Boost.Context's (a few registers, no system call); the
 * stacks are pooled, last returned first used, so that the pages in use stay few and
 * warm.
 *
 * A stack is reserved whole and takes memory only where it was touched: a shallow
 * coroutine holds one page. Below each lies a page that nobody may touch, so that one
 * too deep ends the process instead of another's variables. A stack takes two of the
 * process's memory mappings (vm.max_map_count).
 *
 * A pool and its coroutines belong to one thread.
 */
#ifndef SERVERS_MODELS_COROUTINE_H
#define SERVERS_MODELS_COROUTINE_H

#include <stdbool.h>
#include <stddef.h>

struct coroutine;

typedef void coroutine_body(struct coroutine *self, void *argument);

struct coroutine_pool {
    size_t stack_bytes;
    struct coroutine *free; /* through `next`: stacks that nobody runs on */
    void *thread_fiber;     /* the thread sanitizer's name for the thread itself */
};

/* `stack_bytes` is rounded up to whole pages. */
void coroutine_pool_init(struct coroutine_pool *pool, size_t stack_bytes);

/* When no coroutine is left. */
void coroutine_pool_release(struct coroutine_pool *pool);

/* A coroutine that will call `body`; NULL when memory, or mappings, have run out. */
struct coroutine *coroutine_create(struct coroutine_pool *pool, coroutine_body *body,
                                   void *argument);

/* It will be resumed soon: asks for the top of its stack, which has left the processor's
 * caches where thousands wait. */
void coroutine_expect(const struct coroutine *coroutine);

/* Goes on with it, from outside: true when it has ended, and then it is gone. */
bool coroutine_resume(struct coroutine *coroutine);

/* Stops the one that is running until the next coroutine_resume. */
void coroutine_suspend(struct coroutine *self);

/* Gives up one that is suspended: its stack goes back to the pool as it is. */
void coroutine_abandon(struct coroutine *coroutine);

#endif
