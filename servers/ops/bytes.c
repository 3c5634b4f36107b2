/*
 * bytes.c - the size of the reply's body. The body is the repeated line of reply.h;
 * the digest of the steps travels in the header alone then. Its result is empty.
 */
#include "base/quantity.h"
#include "servers/ops/op.h"
#include "servers/reply.h"

static int bytes_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_SIZE, text, 0, REPLY_MAX_BODY_BYTES, argument, error);
}

const struct op bytes_op = {
    .name = "bytes",
    .kind = OP_REPLY,
    .summary = "answer with a body of this size",
    .library = "this program",
    .node = "response.end(buffer)",
    .argument = "SIZE",
    .example = "64KiB",
    .parse = bytes_parse,
};
