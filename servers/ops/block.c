/*
 * block.c - a blocking call that takes a time and computes nothing: what an old driver
 * or a slow disk does to the thread that calls it. Its result is empty. It is never
 * shorter than asked.
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "servers/ops/op.h"

static int block_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_TIME, text, 0, NS_PER_MIN, argument, error);
}

static void block_run(struct op_call *call)
{
    clock_sleep_until_ns(clock_now_ns() + call->argument);
}

const struct op block_op = {
    .name = "block",
    .kind = OP_BLOCKING,
    .flags = OP_LASTS,
    .summary = "sit in a blocking call for a time",
    .library = "POSIX",
    .node = "a native call through uv_queue_work: on libuv's pool",
    .argument = "TIME",
    .example = "2ms",
    .parse = block_parse,
    .run = block_run,
};
