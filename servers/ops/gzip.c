/*
 * gzip.c - compresses JSON as a server does before it sends it: "gzip:SIZE:LEVEL",
 * level 1 to 9, 6 if not given.
 *
 * The input is SIZE bytes of sample_text.h. Result: the last 8 bytes of the gzip file,
 * which are the CRC-32 and the length of what it decodes to, least significant byte
 * first (RFC 1952, 2.3.1); so it is the same at every level and with every library.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "base/quantity.h"
#include "servers/ops/op.h"
#include "servers/ops/sample_text.h"
#include "servers/ops/shared_input.h"

#define MAX_SIZE      (64ULL << 20)
#define LEVEL_SHIFT   32
#define USUAL_LEVEL   6
#define OUTPUT_BYTES  (16 * 1024)
#define TRAILER_BYTES 8
#define GZIP_WRAPPER  16 /* added to the window's bits: see zlib.h */

static int gzip_parse(const char *text, uint64_t *argument, struct error *error)
{
    char size[OP_WORD_BYTES];
    uint64_t level = USUAL_LEVEL;
    const char *option = op_split_argument(text, size);
    int result = quantity_parse(QUANTITY_SIZE, size, 0, MAX_SIZE, argument, error);
    if (result == 0 && option) {
        result = quantity_parse(QUANTITY_COUNT, option, 1, 9, &level, error);
        if (result < 0)
            return error_prefix(error, result, "level");
    }
    *argument |= level << LEVEL_SHIFT;
    return result;
}

/* The end of a stream that is produced in pieces. */
struct tail {
    unsigned char bytes[TRAILER_BYTES];
};

static void tail_take(struct tail *tail, const unsigned char *piece, size_t length)
{
    if (length >= TRAILER_BYTES) {
        memcpy(tail->bytes, piece + length - TRAILER_BYTES, TRAILER_BYTES);
        return;
    }
    memmove(tail->bytes, tail->bytes + length, TRAILER_BYTES - length);
    memcpy(tail->bytes + TRAILER_BYTES - length, piece, length);
}

/* 0, or what zlib said. */
static int compress_text(z_stream *stream, unsigned char *text, uint64_t left,
                         struct tail *tail)
{
    unsigned char output[OUTPUT_BYTES];
    int result = Z_OK;
    do {
        if (stream->avail_in == 0) {
            stream->next_in = text;
            stream->avail_in =
                (uInt)(left < SAMPLE_TEXT_BYTES ? left : SAMPLE_TEXT_BYTES);
            left -= stream->avail_in;
        }
        stream->next_out = output;
        stream->avail_out = sizeof output;
        result = deflate(stream, left == 0 ? Z_FINISH : Z_NO_FLUSH);
        tail_take(tail, output, sizeof output - stream->avail_out);
    } while (result == Z_OK);
    return result == Z_STREAM_END ? 0 : result;
}

static bool make_text(void *text)
{
    sample_text_fill(text);
    return true;
}

static void gzip_run(struct op_call *call)
{
    unsigned char *text = shared_input_get(call->shared, make_text);
    int level = (int)(call->argument >> LEVEL_SHIFT);
    z_stream stream = {0};
    struct tail tail = {{0}};
    if (!text || deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS | GZIP_WRAPPER,
                              MAX_MEM_LEVEL - 1, Z_DEFAULT_STRATEGY) != Z_OK) {
        op_fail(call, 500, "no memory for compressing");
        return;
    }
    int result = compress_text(&stream, text, (uint32_t)call->argument, &tail);
    if (result == 0)
        op_result(call, tail.bytes, sizeof tail.bytes);
    else
        op_fail(call, 500, "cannot compress: %s", zError(result));
    deflateEnd(&stream);
}

static int gzip_start(const struct op_environment *unused, void **shared,
                      struct error *error)
{
    (void)unused;
    return shared_input_start(SAMPLE_TEXT_BYTES, shared, error);
}

const struct op gzip_op = {
    .name = "gzip",
    .kind = OP_CPU,
    .flags = OP_SCALES,
    .summary = "compress so much JSON",
    .library = "zlib",
    .node = "zlib.gzip: on libuv's pool; gzipSync: on the loop",
    .argument = "SIZE[:LEVEL]",
    .example = "16KiB",
    .parse = gzip_parse,
    .run = gzip_run,
    .start = gzip_start,
    .stop = shared_input_stop,
};
