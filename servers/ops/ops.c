/* ops.c - see ops.h and op.h. */
#include "servers/ops/ops.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/options.h"
#include "base/text.h"
#include "servers/model.h"

const char *const op_kind_names[] = {"WAIT", "BLOCKING", "CPU", "REPLY", NULL};

const struct op *const op_list[] = {
#define OP(identifier) &identifier##_op,
#include "servers/ops/ops.def"
#undef OP
    NULL,
};

const struct field op_pool_options[] = {
    {.name = "upstream-connections",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "connections to the upstream, of each thread or loop; fetch waits for one",
     .fallback = "64",
     .role = ROLE_UPSTREAM_CONNECTIONS,
     .offset = offsetof(struct op_environment, upstream_connections),
     .minimum = 1,
     .maximum = 4096},
    {.name = "upstream-timeout",
     .kind = FIELD_TIME,
     .value = "TIME",
     .help = "answer 504 when the upstream or the database takes longer",
     .fallback = "30s",
     .offset = offsetof(struct op_environment, upstream_timeout_ns),
     .minimum = NS_PER_MS,
     .maximum = NS_PER_H},
    {.name = "pg-connections",
     .kind = FIELD_COUNT,
     .value = "D",
     .help = "connections to PostgreSQL, of the whole server; its processes, if it has "
             "several, divide them, at least one each; steps wait for one",
     .fallback = "8",
     .role = ROLE_DATABASE_CONNECTIONS,
     .offset = offsetof(struct op_environment, postgres_connections),
     .minimum = 1,
     .maximum = 1024},
    {0},
};

struct ops {
    const struct op *const *list;
    size_t count;
    void **shared;        /* of each op */
    pthread_key_t thread; /* struct thread_part of the calling thread */
};

/* What one thread has open. */
struct thread_part {
    struct ops *ops;
    void *resources[]; /* of each op, NULL until opened */
};

static void close_thread_part(void *pointer)
{
    struct thread_part *part = pointer;
    for (size_t i = 0; i < part->ops->count; i++)
        if (part->resources[i])
            part->ops->list[i]->close(part->resources[i]);
    free(part);
}

static void stop_ops(struct ops *ops, size_t started)
{
    for (size_t i = 0; i < started; i++)
        if (ops->list[i]->stop)
            ops->list[i]->stop(ops->shared[i]);
    free(ops->shared);
    free(ops);
}

/* What an op before `index` has started. */
static void *shared_of(const struct ops *ops, size_t index, const struct op *op)
{
    for (size_t i = 0; i < index; i++)
        if (ops->list[i] == op)
            return ops->shared[i];
    abort(); /* the list does not have it before those that share it */
}

int ops_open(struct ops **result, const struct op *const *list,
             const struct op_environment *environment, struct error *error)
{
    struct ops *ops = memory_allocate_zeroed(1, sizeof *ops);
    ops->list = list;
    while (list[ops->count])
        ops->count++;
    ops->shared = memory_allocate_zeroed(ops->count + 1, sizeof *ops->shared);
    for (size_t i = 0; i < ops->count; i++) {
        int failure = 0;
        if (list[i]->shares)
            ops->shared[i] = shared_of(ops, i, list[i]->shares);
        else if (list[i]->start)
            failure = list[i]->start(environment, &ops->shared[i], error);
        if (failure) {
            error_prefix(error, failure, "op %s", list[i]->name);
            stop_ops(ops, i);
            return failure;
        }
    }
    int failure = pthread_key_create(&ops->thread, close_thread_part);
    if (failure) {
        stop_ops(ops, ops->count);
        return error_set(error, -failure, "no thread-specific key: %s",
                         strerror(failure));
    }
    *result = ops;
    return 0;
}

void ops_close(struct ops *ops)
{
    if (!ops)
        return;
    ops_leave_thread(ops);
    pthread_key_delete(ops->thread);
    stop_ops(ops, ops->count);
}

void ops_divide(struct ops *ops, uint64_t index, uint64_t sharers)
{
    for (size_t i = 0; i < ops->count; i++)
        if (ops->list[i]->divide)
            ops->list[i]->divide(ops->shared[i], index, sharers);
}

void ops_leave_thread(struct ops *ops)
{
    struct thread_part *part = pthread_getspecific(ops->thread);
    if (!part)
        return;
    pthread_setspecific(ops->thread, NULL);
    close_thread_part(part);
}

const struct op *const *ops_list(const struct ops *ops)
{
    return ops->list;
}

const struct op *ops_at(const struct ops *ops, size_t index)
{
    return ops->list[index];
}

bool ops_report(const struct ops *ops, size_t index, struct op_report *report)
{
    if (!ops->list[index]->report)
        return false;
    ops->list[index]->report(ops->shared[index], report);
    return true;
}

static struct thread_part *thread_part_of(struct ops *ops)
{
    struct thread_part *part = pthread_getspecific(ops->thread);
    if (part)
        return part;
    part = memory_allocate_zeroed(1, sizeof *part + ops->count * sizeof(void *));
    part->ops = ops;
    pthread_setspecific(ops->thread, part);
    return part;
}

int ops_bind(struct ops *ops, size_t index, struct op_call *call)
{
    const struct op *op = ops->list[index];
    call->shared = ops->shared[index];
    call->resource = NULL;
    if (!op->open)
        return 0;
    struct thread_part *part = thread_part_of(ops);
    if (!part->resources[index]) {
        struct error error;
        int failure = op->open(call->shared, &part->resources[index], &error);
        if (failure) {
            op_fail(call, 500, "%s: %s", op->name, error.text);
            return failure;
        }
    }
    call->resource = part->resources[index];
    return 0;
}

void op_result(struct op_call *call, const void *bytes, size_t length)
{
    call->digest = (uint32_t)crc32_z(call->digest, bytes, length);
}

void op_fail(struct op_call *call, int status, const char *format, ...)
{
    if (call->status)
        return;
    call->status = status;
    va_list arguments;
    va_start(arguments, format);
    char *message = NULL;
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    call->message = message;
}

const char *op_split_argument(const char *text, char amount[OP_WORD_BYTES])
{
    size_t length = strcspn(text, ":");
    snprintf(amount, OP_WORD_BYTES, "%.*s", (int)length, text);
    return text[length] ? text + length + 1 : NULL;
}
