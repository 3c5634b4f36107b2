/*
 * test_ops.h - ops that only tests have: they exercise the answers and failures that
 * the listed ops do not, under every model.
 */
#ifndef TESTS_SUPPORT_TEST_OPS_H
#define TESTS_SUPPORT_TEST_OPS_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "servers/ops/ops.h"

static int parse_time(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_TIME, text, 1, NS_PER_H, argument, error);
}

static int parse_status(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 400, 599, argument, error);
}

/* What a descriptor wait keeps: on the heap, so that a leak would be seen. */
struct fd_state {
    int fd;
};

static enum op_answer end_fd_step(struct op_call *call)
{
    struct fd_state *state = call->state.pointer;
    close(state->fd);
    free(state);
    call->state.pointer = NULL;
    return OP_DONE;
}

static void begin_fd_step(struct op_call *call, int fd)
{
    struct fd_state *state = memory_allocate(sizeof *state);
    state->fd = fd;
    call->state.pointer = state;
}

static void cancel_fd_step(struct op_call *call)
{
    end_fd_step(call);
}

/* readable:TIME becomes readable after the time. Result: the 8 bytes that it reads. */
static enum op_answer resume_readable(struct op_call *call)
{
    if (!call->state.pointer) {
        struct itimerspec after = {
            .it_value = {.tv_sec = (time_t)(call->argument / NS_PER_S),
                         .tv_nsec = (long)(call->argument % NS_PER_S)}};
        int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        timerfd_settime(fd, 0, &after, NULL);
        begin_fd_step(call, fd);
    }
    struct fd_state *state = call->state.pointer;
    uint64_t count;
    if (read(state->fd, &count, sizeof count) == sizeof count) {
        op_result(call, &count, sizeof count);
        return end_fd_step(call);
    }
    call->fd = state->fd;
    return OP_READABLE;
}

/* writable:TIME is writable at once, but asks to be told so. Result: 2 bytes. */
static enum op_answer resume_writable(struct op_call *call)
{
    if (!call->state.pointer) {
        begin_fd_step(call, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
        call->fd = ((struct fd_state *)call->state.pointer)->fd;
        call->deadline_ns = clock_now_ns() + NS_PER_H;
        return OP_WRITABLE;
    }
    op_result(call, "ok", 2);
    return end_fd_step(call);
}

/* silent:TIME waits for a descriptor that stays silent, and gives up after the time. */
static enum op_answer resume_silent(struct op_call *call)
{
    if (!call->state.pointer) {
        begin_fd_step(call, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
        call->argument += clock_now_ns();
    }
    if (clock_now_ns() >= call->argument) {
        op_fail(call, 504, "no word in time");
        return end_fd_step(call);
    }
    call->fd = ((struct fd_state *)call->state.pointer)->fd;
    call->deadline_ns = call->argument;
    return OP_READABLE;
}

/* fail:STATUS computes nothing and fails. */
static void run_fail(struct op_call *call)
{
    op_fail(call, (int)call->argument, "failed as asked");
    op_fail(call, 599, "the first failure counts");
}

/* thread:1 has a resource per thread, which has to be there in every call. */
static int parse_any(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 0, 100, argument, error);
}

static int open_thread_part(void *shared, void **resource, struct error *error)
{
    (void)shared, (void)error;
    *resource = memory_copy_string("mine");
    return 0;
}

static void run_thread_part(struct op_call *call)
{
    op_result(call, call->resource, strlen(call->resource));
}

static int open_never(void *shared, void **resource, struct error *error)
{
    (void)shared, (void)resource;
    return error_set(error, -ENOMEM, "nothing to be had");
}

/* tell:1 tells the test, where one listens, that the server has begun the request. */
static int tell_fd = -1;

static void run_tell(struct op_call *call)
{
    if (tell_fd >= 0 && write(tell_fd, "!", 1) != 1)
        op_fail(call, 500, "nobody can be told");
}

static const struct op readable_op = {.name = "readable",
                                      .kind = OP_WAIT,
                                      .example = "3ms",
                                      .parse = parse_time,
                                      .resume = resume_readable,
                                      .cancel = cancel_fd_step};
static const struct op writable_op = {.name = "writable",
                                      .kind = OP_WAIT,
                                      .example = "3ms",
                                      .parse = parse_time,
                                      .resume = resume_writable,
                                      .cancel = cancel_fd_step};
static const struct op silent_op = {.name = "silent",
                                    .kind = OP_WAIT,
                                    .example = "3ms",
                                    .parse = parse_time,
                                    .resume = resume_silent,
                                    .cancel = cancel_fd_step};
static const struct op fail_op = {.name = "fail",
                                  .kind = OP_CPU,
                                  .example = "502",
                                  .parse = parse_status,
                                  .run = run_fail};
static const struct op tell_op = {
    .name = "tell", .kind = OP_CPU, .example = "1", .parse = parse_any, .run = run_tell};
static const struct op thread_op = {.name = "thread",
                                    .kind = OP_BLOCKING,
                                    .example = "1",
                                    .parse = parse_any,
                                    .run = run_thread_part,
                                    .open = open_thread_part,
                                    .close = free};
static const struct op never_op = {.name = "never",
                                   .kind = OP_BLOCKING,
                                   .example = "1",
                                   .parse = parse_any,
                                   .run = run_thread_part,
                                   .open = open_never,
                                   .close = free};

/* One more, of a single test, or NULL. */
static const struct op *extra_op;

/* The listed ops, then those above; ends with NULL. */
#define ALL_OPS_MAX 64
static const struct op *all_ops[ALL_OPS_MAX];

static void list_all_ops(void)
{
    static const struct op *const more[] = {&readable_op, &writable_op, &silent_op,
                                            &fail_op,     &tell_op,     &thread_op,
                                            &never_op};
    size_t count = 0;
    for (; op_list[count]; count++)
        all_ops[count] = op_list[count];
    memcpy(all_ops + count, more, sizeof more);
    count += sizeof more / sizeof *more;
    all_ops[count] = extra_op;
    all_ops[count + 1] = NULL;
}

#endif
