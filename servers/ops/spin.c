/*
 * spin.c - pure computing: a chain of dependent operations in registers, so that its
 * time is proportional to the argument and to nothing else.
 *
 * Result: the xorshift32 state (op.h) after N iterations from OP_SEED, 4 bytes, most
 * significant first.
 */
#include "base/quantity.h"
#include "servers/ops/op.h"

#define MAX_SPIN 10000000000ULL

static int spin_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 0, MAX_SPIN, argument, error);
}

static void spin_run(struct op_call *call)
{
    uint32_t state = OP_SEED;
    for (uint64_t i = 0; i < call->argument; i++)
        state = op_xorshift32(state);
    unsigned char result[4];
    op_put_be32(result, state);
    op_result(call, result, sizeof result);
}

const struct op spin_op = {
    .name = "spin",
    .kind = OP_CPU,
    .flags = OP_SCALES,
    .summary = "compute: a chain of xorshift iterations",
    .library = "this program",
    .node = "any JavaScript: on the loop",
    .argument = "ITERATIONS",
    .example = "20k",
    .parse = spin_parse,
    .run = spin_run,
};
