/* fetch_reply.c - see fetch_reply.h. */
#include "servers/ops/fetch_reply.h"

#include <string.h>
#include <zlib.h>

#define MAX_HEAD_BYTES (64 * 1024)
#define DIGEST_DIGITS  8

static void on_body(struct http_reply *http, const char *bytes, size_t length)
{
    struct fetch_reply *reply = (struct fetch_reply *)(void *)http;
    if (!http->has_digest)
        reply->digest = (uint32_t)crc32_z(reply->digest, (const Bytef *)bytes, length);
}

void fetch_reply_start(struct fetch_reply *reply)
{
    *reply = (struct fetch_reply){.state = FETCH_REPLY_OPEN};
    http_reply_start(&reply->http, false, on_body);
}

static enum fetch_reply_state give_up(struct fetch_reply *reply, const char *why)
{
    reply->why = why;
    reply->state = FETCH_REPLY_BROKEN;
    return reply->state;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The digest of the head, where there is one. False where it cannot be one. */
static bool read_digest(struct fetch_reply *reply)
{
    const struct http_reply *http = &reply->http;
    reply->is_head_read = true;
    reply->has_digest = http->has_digest;
    if (!http->has_digest)
        return true;
    if (http->digest_length != DIGEST_DIGITS)
        return false;
    for (size_t i = 0; i < DIGEST_DIGITS; i++) {
        int digit = hex_digit(http->digest[i]);
        if (digit < 0)
            return false;
        reply->digest = reply->digest << 4 | (uint32_t)digit;
    }
    return true;
}

static enum fetch_reply_state complete(struct fetch_reply *reply, bool keeps_alive)
{
    reply->status = reply->http.parser.status_code;
    reply->keeps_alive = keeps_alive;
    reply->state = FETCH_REPLY_COMPLETE;
    return reply->state;
}

enum fetch_reply_state fetch_reply_receive(struct fetch_reply *reply, const char *bytes,
                                           size_t length)
{
    struct http_reply *http = &reply->http;
    /* Some replies end with the connection; others must not. */
    if (length == 0)
        return http_reply_end(http) == HTTP_REPLY_COMPLETE
                   ? complete(reply, false)
                   : give_up(reply,
                             "it closed the connection before its reply was complete");
    bool in_head = !http->head_complete;
    size_t used;
    enum http_reply_state state = http_reply_feed(http, bytes, length, &used);
    if (http->head_complete && !reply->is_head_read && !read_digest(reply))
        return give_up(reply, "its Interleave-Digest is not 8 hexadecimal digits");
    switch (state) {
    case HTTP_REPLY_MALFORMED:
        return give_up(reply, "its reply is not HTTP/1.1");
    case HTTP_REPLY_COMPLETE:
        /* Whatever follows was not asked for. */
        return complete(reply, used == length && http_reply_keeps_alive(http));
    case HTTP_REPLY_OPEN:
        break;
    }
    reply->head_bytes += in_head ? length : 0;
    if (!http->head_complete && reply->head_bytes > MAX_HEAD_BYTES)
        return give_up(reply, "the head of its reply is too long");
    return reply->state;
}
