/*
 * reply.h - replies, byte for byte the same from every model.
 *
 *   HTTP/1.1 200 OK
 *   Content-Type: text/plain
 *   Interleave-Digest: 0badcafe      CRC-32 of what the steps computed (ops/op.h)
 *   Content-Length: 9
 *   Connection: close                where the connection ends, or "keep-alive" to 1.0
 *
 *   0badcafe\n
 *
 * The body is the digest with a newline; for a program with `bytes:N` it is N bytes of
 * the 64-byte line REPLY_LINE repeated; for "/" it is "Hello, World!". Errors carry one
 * line of JSON, {"error": "..."}, and end the connection.
 *
 * There is no Date header: a server without need of a clock may leave it out (RFC 9110,
 * 6.6.1), and it would be one variable more in a measurement.
 */
#ifndef SERVERS_REPLY_H
#define SERVERS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/output.h"

#define REPLY_MAX_BODY_BYTES (64ULL << 20)
#define REPLY_LINE           "Interleave 0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 ...\n"

/* What happens to the connection afterwards, and so what the reply says about it. */
enum reply_ending {
    REPLY_KEEPS,     /* HTTP/1.1: it lives on, which needs no header */
    REPLY_KEEPS_1_0, /* HTTP/1.0: it lives on, which has to be said  */
    REPLY_CLOSES,
    REPLY_ENDINGS,
};

/* Large bodies are sent from here: a block of REPLY_LINE repeated, made once. */
struct reply_body;
struct reply_body *reply_body_create(void);
void reply_body_free(struct reply_body *body);

/* The answer to "/". */
void reply_hello(struct output *output, enum reply_ending ending, bool head_only);

/* The bytes of that answer to a GET, which say that the connection lives on. */
const char *reply_hello_bytes(size_t *length);

/* The answer to a program with steps, with the digest as its body. */
void reply_digest(struct output *output, enum reply_ending ending, bool head_only,
                  uint32_t digest);

/* The head of the answer to a program with `bytes:N`. */
void reply_bytes_head(struct output *output, enum reply_ending ending, uint32_t digest,
                      uint64_t body_bytes);

/*
 * As much of its body as fits into the batch, when `left` of it are still to come;
 * returns how many will be left then. Always begins at the start of the block, so that
 * blocks have to hold whole lines.
 */
uint64_t reply_bytes_body(struct output *output, const struct reply_body *body,
                          uint64_t left);

/* An error, after which the connection is closed. Long messages are cut. */
void reply_error(struct output *output, bool head_only, int status, const char *message);

#endif
