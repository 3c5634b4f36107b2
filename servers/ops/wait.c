/*
 * wait.c - a pure wait: what a request does while something else, far away, works.
 * Its result is empty. It is never shorter than asked.
 */
#include "base/clock.h"
#include "servers/ops/duration.h"

#define LONGEST_NS NS_PER_H

static int wait_parse(const char *text, uint64_t *argument, struct error *error)
{
    return duration_argument(text, LONGEST_NS, argument, error);
}

static enum op_answer wait_resume(struct op_call *call)
{
    uint64_t now_ns = clock_now_ns();
    if (!call->state.number)
        call->state.number = now_ns + duration_draw(call, LONGEST_NS);
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
    .argument = "TIME[~exp]",
    .example = "5ms",
    .parse = wait_parse,
    .resume = wait_resume,
    .open = duration_open,
    .close = duration_close,
};
