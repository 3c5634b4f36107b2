/*
 * http_reply.h - one HTTP/1.x reply, without any I/O: bytes in, and in the end a status,
 * the length of the body and the Interleave-Digest. llhttp parses.
 *
 * Interim replies (1xx) before the final one are skipped. Bodies are counted and handed
 * to a callback, never kept. A digest counts in the head, not in a trailer.
 *
 * A struct http_reply belongs to one thread.
 */
#ifndef BASE_HTTP_REPLY_H
#define BASE_HTTP_REPLY_H

#include <llhttp/llhttp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_reply_state {
    HTTP_REPLY_OPEN,      /* the reply goes on, or has not begun */
    HTTP_REPLY_COMPLETE,  /* the members below are final */
    HTTP_REPLY_MALFORMED, /* this is not HTTP: nothing more can be read from it */
};

/* Of longer digests only so many bytes are known. */
#define HTTP_REPLY_DIGEST_BYTES 64

struct http_reply;
typedef void http_reply_body(struct http_reply *reply, const char *bytes, size_t length);

struct http_reply {
    llhttp_t parser; /* status_code and flags are valid once the head is complete */
    http_reply_body *on_body; /* or NULL */
    bool to_head;             /* the reply to a HEAD: no body follows its head */

    bool interim_seen;  /* another reply, 1xx, came before */
    bool head_complete; /* of the final reply */
    bool complete;
    bool has_digest;
    size_t digest_length; /* of its text, which need not be there in full */
    char digest[HTTP_REPLY_DIGEST_BYTES]; /* not NUL-terminated */
    uint64_t body_bytes;                  /* so far */
    const char *body_at; /* the first byte of the body in the last feed, or NULL */

    /* Of the header line at hand: */
    size_t name_matched; /* so many letters of its name are those of the digest's */
    bool name_differs;   /* it is another header */
    bool in_value;       /* its name is complete */
};

/* Before the first byte; `on_body` may be NULL. */
void http_reply_start(struct http_reply *reply, bool to_head, http_reply_body *on_body);

/* Reads `length` bytes; *used says how many belong to this reply: all, unless it is
 * complete. */
enum http_reply_state http_reply_feed(struct http_reply *reply, const char *bytes,
                                      size_t length, size_t *used);

/* The connection has ended. HTTP_REPLY_COMPLETE where that ends a reply without a length,
 * HTTP_REPLY_OPEN where the reply is cut short or has not begun. */
enum http_reply_state http_reply_end(struct http_reply *reply);

/* Whether the reply leaves the connection open; valid once the head is complete. */
static inline bool http_reply_keeps_alive(const struct http_reply *reply)
{
    return llhttp_should_keep_alive(&reply->parser) != 0;
}

/* The kept part of the digest. */
static inline size_t http_reply_digest_kept(const struct http_reply *reply)
{
    return reply->digest_length < sizeof reply->digest ? reply->digest_length
                                                       : sizeof reply->digest;
}

#endif
