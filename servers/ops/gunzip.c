/*
 * gunzip.c - decompresses JSON as a client or a proxy does.
 *
 * What is decompressed is made at the first use: sample_text.h as one deflate block
 * sequence of level 6 that ends on a byte and refers to nothing before it (a full
 * flush), so that it can be fed again and again until SIZE bytes have come out.
 *
 * Result: the SIZE bytes; their CRC-32, which a gzip file ends in, is what the digest
 * computes.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/quantity.h"
#include "servers/ops/op.h"
#include "servers/ops/sample_text.h"
#include "servers/ops/shared_input.h"

#define MAX_SIZE     (64ULL << 20)
#define LEVEL        6
#define OUTPUT_BYTES (16 * 1024)
#define RAW          (-MAX_WBITS) /* without header and trailer: see zlib.h */

struct compressed {
    uInt length;
    unsigned char bytes[SAMPLE_TEXT_BYTES];
};

static int gunzip_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_SIZE, text, 0, MAX_SIZE, argument, error);
}

static bool compress_text(struct compressed *compressed, unsigned char *text)
{
    z_stream stream = {.next_in = text,
                       .avail_in = SAMPLE_TEXT_BYTES,
                       .next_out = compressed->bytes,
                       .avail_out = sizeof compressed->bytes};
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, RAW, MAX_MEM_LEVEL - 1,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    int result = deflate(&stream, Z_FULL_FLUSH);
    compressed->length = (uInt)stream.total_out;
    deflateEnd(&stream);
    return result == Z_OK && stream.avail_out > 0;
}

static bool make_compressed(void *data)
{
    unsigned char *text = malloc(SAMPLE_TEXT_BYTES);
    if (!text)
        return false;
    sample_text_fill(text);
    bool good = compress_text(data, text);
    free(text);
    return good;
}

static int decompress(struct op_call *call, z_stream *stream,
                      struct compressed *compressed)
{
    unsigned char output[OUTPUT_BYTES];
    int result = Z_OK;
    for (uint64_t left = call->argument; left > 0 && result == Z_OK;) {
        if (stream->avail_in == 0) {
            stream->next_in = compressed->bytes;
            stream->avail_in = compressed->length;
        }
        stream->next_out = output;
        stream->avail_out = (uInt)(left < sizeof output ? left : sizeof output);
        result = inflate(stream, Z_NO_FLUSH);
        size_t got = (size_t)(stream->next_out - output);
        op_result(call, output, got);
        left -= got;
    }
    return result;
}

static void gunzip_run(struct op_call *call)
{
    struct compressed *compressed = shared_input_get(call->shared, make_compressed);
    z_stream stream = {0};
    if (!compressed || inflateInit2(&stream, RAW) != Z_OK) {
        op_fail(call, 500, "no memory for decompressing");
        return;
    }
    int result = decompress(call, &stream, compressed);
    if (result != Z_OK)
        op_fail(call, 500, "cannot decompress: %s", zError(result));
    inflateEnd(&stream);
}

static int gunzip_start(const struct op_environment *unused, void **shared,
                        struct error *error)
{
    (void)unused;
    return shared_input_start(sizeof(struct compressed), shared, error);
}

const struct op gunzip_op = {
    .name = "gunzip",
    .kind = OP_CPU,
    .flags = OP_SCALES,
    .summary = "decompress to so much JSON",
    .library = "zlib",
    .node = "zlib.gunzip: on libuv's pool; gunzipSync: on the loop",
    .argument = "SIZE",
    .example = "64KiB",
    .parse = gunzip_parse,
    .run = gunzip_run,
    .start = gunzip_start,
    .stop = shared_input_stop,
};
