/*
 * framing.h - message framing: where a reply ends, and whether it is the right one.
 *
 * The first reply to each kind of request is read by llhttp. If it is sized, its head
 * is remembered, and later replies are only compared with it: equal bytes have the
 * same status, length, digest and framing, so one memcmp is the whole parse and the
 * whole verification. Anything that differs (a Date that moved on, chunks, a 1xx
 * before it, a head that arrives in pieces) is read by the parser again, and the
 * remembered head is replaced. One reply in FRAMING_PARSE_EVERY is parsed even though
 * it is equal, so that the fast path is checked as well.
 *
 * A reply is verified against the expected one (expected_reply.h). Bodies are counted,
 * never kept.
 *
 * Threads: everything here belongs to one thread; only the struct expected_reply that a
 * pattern points to is shared.
 */
#ifndef LOADGEN_FRAMING_H
#define LOADGEN_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "loadgen/plan/expected_reply.h"

#define FRAMING_PARSE_EVERY 1024

/* How a complete reply is judged. */
enum verdict {
    VERDICT_GOOD,
    VERDICT_CLIENT_ERROR, /* status 4xx */
    VERDICT_SERVER_ERROR, /* status 5xx */
    VERDICT_WRONG_LENGTH, /* more or fewer body bytes than the expected */
    VERDICT_WRONG_DIGEST, /* another digest than the expected, or none */
};

/* The cache of one thread for the replies to one request. */
struct pattern {
    struct expected_reply *expected;
    bool verify;       /* false: only status and framing count */
    bool head_request; /* the request is a HEAD: replies have no body */

    char *head;          /* the remembered head; heap */
    size_t head_bytes;   /* 0: nothing is remembered */
    uint64_t body_bytes; /* length of the body behind the remembered head */
    uint16_t status;     /* as in the remembered head */
    bool keep_alive;     /* likewise */
    uint32_t
        until_parse; /* equal replies left until one is parsed although it is equal */

    bool content_known; /* `content` is this thread's copy of what is expected */
    struct reply_content content;
};

void pattern_init(struct pattern *pattern, struct expected_reply *expected, bool verify,
                  bool head_request);
void pattern_release(struct pattern *pattern);

struct reply_parser;

/* A free list of parsers; owned by one thread. Only replies that are being parsed hold
 * one, so that idle connections stay small. */
struct parser_pool {
    struct reply_parser *free;
    uint64_t parsed; /* replies that were read by the parser */
};

void parser_pool_release(struct parser_pool *pool);

enum framing_state {
    FRAMING_START, /* before the first byte of a reply */
    FRAMING_PARSE, /* inside a reply that the parser reads */
    FRAMING_BODY,  /* inside a body of known length, with `body_left` bytes to come */
};

/* The reply that one connection is reading. {0} is FRAMING_START. */
struct framing {
    struct reply_parser *parser; /* in FRAMING_PARSE only */
    uint64_t body_left;
    uint8_t state;   /* enum framing_state */
    uint8_t verdict; /* enum verdict, of the last complete reply */
    bool keep_alive; /* whether the last complete reply leaves the connection open */
    uint16_t status; /* of the last complete reply */
};

enum framing_result {
    FRAMING_MORE,      /* all bytes were used, the reply goes on */
    FRAMING_REPLY,     /* a reply is complete; verdict, status, keep_alive are valid */
    FRAMING_MALFORMED, /* this is not HTTP: close the connection */
};

/* framing_feed without the fast path. */
enum framing_result framing_feed_slowly(struct framing *framing, struct pattern *pattern,
                                        struct parser_pool *pool, const char *data,
                                        size_t bytes, size_t *used);

/*
 * Reads `bytes` > 0 bytes. *used says how many belong to this reply; after
 * FRAMING_REPLY the rest belongs to the next one.
 */
static inline enum framing_result framing_feed(struct framing *framing,
                                               struct pattern *pattern,
                                               struct parser_pool *pool, const char *data,
                                               size_t bytes, size_t *used)
{
    if (framing->state == FRAMING_START && pattern->head_bytes &&
        bytes >= pattern->head_bytes && pattern->until_parse &&
        memcmp(data, pattern->head, pattern->head_bytes) == 0) {
        pattern->until_parse--;
        framing->verdict = VERDICT_GOOD;
        framing->keep_alive = pattern->keep_alive;
        framing->status = pattern->status;
        size_t body = bytes - pattern->head_bytes;
        if (body >= pattern->body_bytes) {
            *used = pattern->head_bytes + (size_t)pattern->body_bytes;
            return FRAMING_REPLY;
        }
        framing->state = FRAMING_BODY;
        framing->body_left = pattern->body_bytes - body;
        *used = bytes;
        return FRAMING_MORE;
    }
    return framing_feed_slowly(framing, pattern, pool, data, bytes, used);
}

/*
 * The peer closed the connection. FRAMING_REPLY where that ends a reply without a
 * length, FRAMING_MORE where the reply is cut short or has not begun.
 */
enum framing_result framing_end_of_stream(struct framing *framing,
                                          struct parser_pool *pool);

/* How many bytes of the body may be discarded with MSG_TRUNC, because framing_feed only
 * counts them. 0 unless the length of the body is known. */
static inline uint64_t framing_skippable(const struct framing *framing)
{
    return framing->state == FRAMING_BODY ? framing->body_left : 0;
}

/* Forgets a reply that will not be completed. */
void framing_reset(struct framing *framing, struct parser_pool *pool);

#endif
