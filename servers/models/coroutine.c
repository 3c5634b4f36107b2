/* coroutine.c - see coroutine.h. */
#include "servers/models/coroutine.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif

/* ---- Boost.Context ---------------------------------------------------------------- */

/* The entry points of libboost_context, which have C linkage but no C header
 * (boost/context/detail/fcontext.hpp). */
struct transfer {
    void *context; /* where the jump came from, to jump back to */
    void *data;
};
extern struct transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *stack_top, size_t bytes, void (*entry)(struct transfer));

/* Of the processor's caches; and what a coroutine that only waits has on its stack. */
#define LINE_BYTES    64
#define SHALLOW_BYTES (7 * LINE_BYTES)

/* Lies at the top of its own stack. */
struct coroutine {
    struct coroutine_pool *pool;
    struct coroutine *next; /* in the pool's list */
    void *context;          /* its own while it is suspended, else its resumer's */
    coroutine_body *body;
    void *argument;
    bool ended;
    void *fiber; /* the sanitizers' */
    const void *resumer_stack;
    size_t resumer_bytes;
};

/* ---- what sanitizers have to be told ---------------------------------------------- */

static char *stack_of(const struct coroutine *coroutine)
{
    return (char *)(uintptr_t)(coroutine + 1) - coroutine->pool->stack_bytes;
}

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

static void fiber_make(struct coroutine *coroutine)
{
    /* Frames that were abandoned have left their red zones. */
    __asan_unpoison_memory_region(stack_of(coroutine),
                                  coroutine->pool->stack_bytes - sizeof *coroutine);
}

static void fiber_drop(struct coroutine *coroutine)
{
    (void)coroutine;
}

static struct transfer enter(struct coroutine *coroutine)
{
    void *saved;
    __sanitizer_start_switch_fiber(&saved, stack_of(coroutine),
                                   coroutine->pool->stack_bytes);
    struct transfer came = jump_fcontext(coroutine->context, coroutine);
    __sanitizer_finish_switch_fiber(saved, NULL, NULL);
    return came;
}

static struct transfer leave(struct coroutine *self)
{
    void *saved = NULL;
    __sanitizer_start_switch_fiber(self->ended ? NULL : &saved, self->resumer_stack,
                                   self->resumer_bytes);
    struct transfer came = jump_fcontext(self->context, self);
    __sanitizer_finish_switch_fiber(saved, &self->resumer_stack, &self->resumer_bytes);
    return came;
}

static void arrive(struct coroutine *self)
{
    __sanitizer_finish_switch_fiber(NULL, &self->resumer_stack, &self->resumer_bytes);
}

#elif defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>

static void fiber_make(struct coroutine *coroutine)
{
    coroutine->fiber = __tsan_create_fiber(0);
}

static void fiber_drop(struct coroutine *coroutine)
{
    __tsan_destroy_fiber(coroutine->fiber);
}

static struct transfer enter(struct coroutine *coroutine)
{
    coroutine->pool->thread_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(coroutine->fiber, 0);
    return jump_fcontext(coroutine->context, coroutine);
}

static struct transfer leave(struct coroutine *self)
{
    __tsan_switch_to_fiber(self->pool->thread_fiber, 0);
    return jump_fcontext(self->context, self);
}

static void arrive(struct coroutine *self)
{
    (void)self;
}

#else

static void fiber_make(struct coroutine *coroutine)
{
    (void)coroutine;
}

static void fiber_drop(struct coroutine *coroutine)
{
    (void)coroutine;
}

static struct transfer enter(struct coroutine *coroutine)
{
    return jump_fcontext(coroutine->context, coroutine);
}

static struct transfer leave(struct coroutine *self)
{
    return jump_fcontext(self->context, self);
}

static void arrive(struct coroutine *self)
{
    (void)self;
}

#endif

/* ---- stacks ----------------------------------------------------------------------- */

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void coroutine_pool_init(struct coroutine_pool *pool, size_t stack_bytes)
{
    size_t page = page_bytes();
    *pool =
        (struct coroutine_pool){.stack_bytes = (stack_bytes + page - 1) / page * page};
}

static struct coroutine *map_stack(struct coroutine_pool *pool)
{
    size_t guard = page_bytes();
    char *mapping = mmap(NULL, guard + pool->stack_bytes, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED)
        return NULL;
    if (mprotect(mapping + guard, pool->stack_bytes, PROT_READ | PROT_WRITE) < 0) {
        munmap(mapping, guard + pool->stack_bytes);
        return NULL;
    }
    void *end = mapping + guard + pool->stack_bytes;
    struct coroutine *coroutine = (struct coroutine *)end - 1;
    coroutine->pool = pool;
    return coroutine;
}

static void unmap_stack(struct coroutine *coroutine)
{
    size_t guard = page_bytes();
    munmap(stack_of(coroutine) - guard, guard + coroutine->pool->stack_bytes);
}

static void put_back(struct coroutine *coroutine)
{
    fiber_drop(coroutine);
    coroutine->next = coroutine->pool->free;
    coroutine->pool->free = coroutine;
}

void coroutine_pool_release(struct coroutine_pool *pool)
{
    struct coroutine *coroutine;
    while ((coroutine = pool->free)) {
        pool->free = coroutine->next;
        unmap_stack(coroutine);
    }
}

/* ---- running ---------------------------------------------------------------------- */

static void begin(struct transfer came)
{
    struct coroutine *self = came.data;
    self->context = came.context;
    arrive(self);
    self->body(self, self->argument);
    self->ended = true;
    leave(self);
}

struct coroutine *coroutine_create(struct coroutine_pool *pool, coroutine_body *body,
                                   void *argument)
{
    struct coroutine *coroutine = pool->free;
    if (coroutine)
        pool->free = coroutine->next;
    else
        coroutine = map_stack(pool);
    if (!coroutine)
        return NULL;
    if (pool->free)
        coroutine_expect(pool->free);
    fiber_make(coroutine);
    coroutine->body = body;
    coroutine->argument = argument;
    coroutine->ended = false;
    coroutine->context =
        make_fcontext(coroutine, pool->stack_bytes - sizeof *coroutine, begin);
    return coroutine;
}

void coroutine_expect(const struct coroutine *coroutine)
{
    const char *top = (const char *)(coroutine + 1);
    for (size_t depth = LINE_BYTES; depth <= SHALLOW_BYTES; depth += LINE_BYTES)
        __builtin_prefetch(top - depth, 1);
}

bool coroutine_resume(struct coroutine *coroutine)
{
    coroutine->context = enter(coroutine).context;
    bool ended = coroutine->ended;
    if (ended)
        put_back(coroutine);
    return ended;
}

void coroutine_suspend(struct coroutine *self)
{
    self->context = leave(self).context;
}

void coroutine_abandon(struct coroutine *coroutine)
{
    put_back(coroutine);
}
