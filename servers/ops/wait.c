/*
 * wait.c - a pure wait: what a request does while something else, far away, works.
 * Its result is empty. It is never shorter than asked.
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "servers/ops/op.h"

static int wait_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_TIME, text, 0, NS_PER_H, argument, error);
}

static enum op_answer wait_resume(struct op_call *call)
{
    uint64_t now_ns = clock_now_ns();
    if (!call->state.number)
        call->state.number = now_ns + call->argument;
    call->deadline_ns = call->state.number;
    return now_ns >= call->deadline_ns ? OP_DONE : OP_TIMER;
}

const struct op wait_op = {
    .name = "wait",
    .kind = OP_WAIT,
    .flags = OP_LASTS,
    .summary = "wait for a time, computing nothing",
    .library = "POSIX",
    .node = "setTimeout: on the loop, overlapping",
    .argument = "TIME",
    .example = "5ms",
    .parse = wait_parse,
    .resume = wait_resume,
};
