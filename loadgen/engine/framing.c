/* framing.c - see framing.h. */
#include "loadgen/engine/framing.h"

#include <stdlib.h>

#include "base/http_reply.h"
#include "base/text.h"

/* A reply that is being parsed; in the pool between replies. */
struct reply_parser {
    struct http_reply reply;
    struct reply_parser *next_free;
    struct pattern *pattern;
};

void pattern_init(struct pattern *pattern, struct expected_reply *expected, bool verify,
                  bool head_request)
{
    *pattern = (struct pattern){
        .expected = expected,
        .verify = verify,
        .head_request = head_request,
    };
}

void pattern_release(struct pattern *pattern)
{
    free(pattern->head);
    *pattern = (struct pattern){0};
}

/* ---- the pool ---------------------------------------------------------------------- */

static struct reply_parser *parser_take(struct parser_pool *pool, struct pattern *pattern)
{
    struct reply_parser *parser = pool->free;
    if (parser)
        pool->free = parser->next_free;
    else
        parser = memory_allocate(sizeof *parser);
    http_reply_start(&parser->reply, pattern->head_request, NULL);
    parser->pattern = pattern;
    pool->parsed++;
    return parser;
}

void framing_reset(struct framing *framing, struct parser_pool *pool)
{
    if (framing->parser) {
        framing->parser->next_free = pool->free;
        pool->free = framing->parser;
        framing->parser = NULL;
    }
    framing->state = FRAMING_START;
}

void parser_pool_release(struct parser_pool *pool)
{
    while (pool->free) {
        struct reply_parser *next = pool->free->next_free;
        free(pool->free);
        pool->free = next;
    }
}

/* ---- judging and learning ---------------------------------------------------------- */

static enum verdict judge(struct pattern *pattern, unsigned status,
                          const struct reply_content *seen)
{
    if (status >= 500)
        return VERDICT_SERVER_ERROR;
    if (status >= 400)
        return VERDICT_CLIENT_ERROR;
    const struct expected_reply *expected = pattern->expected;
    if (expected->digest_given &&
        (!seen->has_digest || seen->digest != expected->given_digest))
        return VERDICT_WRONG_DIGEST;
    if (!pattern->verify)
        return VERDICT_GOOD;
    if (!pattern->content_known)
        pattern->content = expected_reply_learn(pattern->expected, seen);
    pattern->content_known = true;
    const struct reply_content *content = &pattern->content;
    if (seen->body_bytes != content->body_bytes)
        return VERDICT_WRONG_LENGTH;
    if (seen->has_digest != content->has_digest || seen->digest != content->digest)
        return VERDICT_WRONG_DIGEST;
    return VERDICT_GOOD;
}

static void remember_head(struct pattern *pattern, const char *head, size_t bytes,
                          uint64_t body_bytes, const struct framing *framing)
{
    if (bytes != pattern->head_bytes)
        pattern->head = memory_resize(pattern->head, bytes);
    memcpy(pattern->head, head, bytes);
    pattern->head_bytes = bytes;
    pattern->body_bytes = body_bytes;
    pattern->status = framing->status;
    pattern->keep_alive = framing->keep_alive;
    pattern->until_parse = FRAMING_PARSE_EVERY - 1;
}

/* Bytes of a sized body that are still to come, or 0. */
static uint64_t sized_body_left(const struct http_reply *reply)
{
    const llhttp_t *http = &reply->parser;
    bool sized = (http->flags & F_CONTENT_LENGTH) && !(http->flags & F_CHUNKED) &&
                 !(http->flags & F_SKIPBODY);
    return sized && !reply->complete ? http->content_length : 0;
}

/* Whether a head equal to this one always means a body of this length. */
static bool is_fixed(const struct http_reply *reply)
{
    return !reply->interim_seen && !(reply->parser.flags & F_CHUNKED) &&
           !llhttp_message_needs_eof(&reply->parser);
}

static struct reply_content content_of(const struct http_reply *reply,
                                       uint64_t body_bytes)
{
    return (struct reply_content){
        .body_bytes = body_bytes,
        .has_digest = reply->has_digest,
        .digest = reply->has_digest
                      ? expected_reply_hash(reply->digest, reply->digest_length)
                      : 0};
}

/* The reply's content is known: judges it. */
static void settle(struct framing *framing, const struct reply_content *content)
{
    const struct http_reply *reply = &framing->parser->reply;
    framing->keep_alive = http_reply_keeps_alive(reply);
    framing->status = reply->parser.status_code;
    framing->verdict = (uint8_t)judge(framing->parser->pattern, framing->status, content);
}

/*
 * The head of the reply is complete, and the length of its body is known: judges the
 * reply before its body has come, and remembers the head where it was read in one piece.
 */
static void settle_sized(struct framing *framing, const char *whole_head,
                         size_t head_bytes, uint64_t body_left)
{
    const struct http_reply *reply = &framing->parser->reply;
    struct pattern *pattern = framing->parser->pattern;
    struct reply_content content = content_of(reply, reply->body_bytes + body_left);
    settle(framing, &content);
    framing->body_left = body_left;
    if (whole_head && framing->verdict == VERDICT_GOOD)
        remember_head(pattern, whole_head, head_bytes, content.body_bytes, framing);
}

/* Ends a reply that is complete, whatever its kind. */
static enum framing_result finish(struct framing *framing, struct parser_pool *pool)
{
    const struct http_reply *reply = &framing->parser->reply;
    struct reply_content content = content_of(reply, reply->body_bytes);
    settle(framing, &content);
    framing_reset(framing, pool);
    return FRAMING_REPLY;
}

static enum framing_result parse(struct framing *framing, struct pattern *pattern,
                                 struct parser_pool *pool, const char *data, size_t bytes,
                                 size_t *used)
{
    bool from_start = framing->state == FRAMING_START;
    if (from_start) {
        framing->parser = parser_take(pool, pattern);
        framing->state = FRAMING_PARSE;
    }
    struct http_reply *reply = &framing->parser->reply;
    enum http_reply_state state = http_reply_feed(reply, data, bytes, used);
    if (state == HTTP_REPLY_MALFORMED) {
        framing_reset(framing, pool);
        return FRAMING_MALFORMED;
    }
    if (reply->head_complete && is_fixed(reply)) {
        size_t head_bytes = reply->body_at ? (size_t)(reply->body_at - data) : *used;
        uint64_t body_left = sized_body_left(reply);
        settle_sized(framing, from_start ? data : NULL, head_bytes, body_left);
        framing_reset(framing, pool);
        if (!body_left)
            return FRAMING_REPLY;
        framing->state = FRAMING_BODY;
        return FRAMING_MORE;
    }
    return state == HTTP_REPLY_COMPLETE ? finish(framing, pool) : FRAMING_MORE;
}

enum framing_result framing_feed_slowly(struct framing *framing, struct pattern *pattern,
                                        struct parser_pool *pool, const char *data,
                                        size_t bytes, size_t *used)
{
    if (framing->state != FRAMING_BODY)
        return parse(framing, pattern, pool, data, bytes, used);
    *used = bytes < framing->body_left ? bytes : (size_t)framing->body_left;
    framing->body_left -= *used;
    if (framing->body_left)
        return FRAMING_MORE;
    framing->state = FRAMING_START;
    return FRAMING_REPLY;
}

enum framing_result framing_end_of_stream(struct framing *framing,
                                          struct parser_pool *pool)
{
    if (framing->state != FRAMING_PARSE)
        return FRAMING_MORE;
    /* A reply with a length, or with an incomplete head, is cut short. */
    return http_reply_end(&framing->parser->reply) == HTTP_REPLY_COMPLETE
               ? finish(framing, pool)
               : FRAMING_MORE;
}
