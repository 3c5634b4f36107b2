/*
 * block.c - a blocking call that takes a time and computes nothing: what an old driver
 * or a slow disk does to the thread that calls it. Its result is empty. It is never
 * shorter than asked.
 */
#include "base/clock.h"
#include "servers/ops/duration.h"

#define LONGEST_NS NS_PER_MIN

static int block_parse(const char *text, uint64_t *argument, struct error *error)
{
    return duration_argument(text, LONGEST_NS, argument, error);
}

static void block_run(struct op_call *call)
{
    clock_sleep_until_ns(clock_now_ns() + duration_draw(call, LONGEST_NS));
}

const struct op block_op = {
    .name = "block",
    .kind = OP_BLOCKING,
    .flags = OP_LASTS,
    .summary = "sit in a blocking call for a time",
    .library = "POSIX",
    .node = "a native call through uv_queue_work: on libuv's pool",
    .argument = "TIME[~exp]",
    .example = "2ms",
    .parse = block_parse,
    .run = block_run,
    .open = duration_open,
    .close = duration_close,
};
