/* framing.c - see framing.h. */
#include "loadgen/engine/framing.h"

#include <llhttp/llhttp.h>
#include <stdlib.h>
#include <strings.h>

#include "base/fnv1a.h"
#include "base/text.h"

static const char digest_header[] = "Interleave-Digest";
#define DIGEST_HEADER_BYTES (sizeof digest_header - 1)

/* A reply being read by llhttp; kept in the pool between replies. */
struct reply_parser {
    llhttp_t http;
    struct reply_parser *next_free;
    struct pattern *pattern;

    size_t name_matched; /* letters of digest_header that the field's name has so far */
    bool name_differs;   /* the field is another one */
    bool in_value;       /* the last callback was about a value */

    struct content content; /* body bytes counted so far */
    const char *body_at;    /* first body byte of this feed, or NULL */
    bool head_complete;     /* of the final reply, not of a 1xx before it */
    bool interim_seen;      /* a 1xx came before it */
    bool complete;
};

void expected_reply_init(struct expected_reply *expected, const char *digest)
{
    *expected = (struct expected_reply){0};
    if (digest) {
        expected->digest_given = true;
        expected->given_digest = fnv1a(FNV1A_BASIS, digest, strlen(digest));
    }
    pthread_mutex_init(&expected->lock, NULL);
}

void expected_reply_release(struct expected_reply *expected)
{
    pthread_mutex_destroy(&expected->lock);
}

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

/* ---- the parser's callbacks ---------------------------------------------------------
 */

static int on_header_name(llhttp_t *http, const char *at, size_t bytes)
{
    struct reply_parser *parser = http->data;
    if (parser->in_value) {
        parser->in_value = false;
        parser->name_differs = false;
        parser->name_matched = 0;
    }
    size_t left = DIGEST_HEADER_BYTES - parser->name_matched;
    if (bytes > left || strncasecmp(at, &digest_header[parser->name_matched], bytes) != 0)
        parser->name_differs = true;
    else
        parser->name_matched += bytes;
    return 0;
}

static int on_header_value(llhttp_t *http, const char *at, size_t bytes)
{
    struct reply_parser *parser = http->data;
    parser->in_value = true;
    if (parser->name_differs || parser->name_matched != DIGEST_HEADER_BYTES)
        return 0;
    if (!parser->content.has_digest) {
        parser->content.has_digest = true;
        parser->content.digest = FNV1A_BASIS;
    }
    parser->content.digest = fnv1a(parser->content.digest, at, bytes);
    return 0;
}

static bool is_interim(const llhttp_t *http)
{
    return http->status_code / 100 == 1;
}

static int on_head_complete(llhttp_t *http)
{
    struct reply_parser *parser = http->data;
    if (!is_interim(http))
        parser->head_complete = true;
    /* RFC 9110, 6.4.1: these have no body, whatever their headers say. */
    bool bodiless = is_interim(http) || http->status_code == 204 ||
                    http->status_code == 304 || parser->pattern->head_request;
    return bodiless ? 1 : 0;
}

static int on_body(llhttp_t *http, const char *at, size_t bytes)
{
    struct reply_parser *parser = http->data;
    if (!parser->body_at)
        parser->body_at = at;
    parser->content.body_bytes += bytes;
    return 0;
}

static int on_complete(llhttp_t *http)
{
    struct reply_parser *parser = http->data;
    if (is_interim(http)) {
        parser->interim_seen = true;
        parser->content = (struct content){0};
        return 0;
    }
    parser->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_header_field = on_header_name,
    .on_header_value = on_header_value,
    .on_headers_complete = on_head_complete,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

/* ---- the pool -----------------------------------------------------------------------
 */

static struct reply_parser *parser_take(struct parser_pool *pool, struct pattern *pattern)
{
    struct reply_parser *parser = pool->free;
    if (parser)
        pool->free = parser->next_free;
    else
        parser = memory_allocate(sizeof *parser);
    *parser = (struct reply_parser){.pattern = pattern};
    llhttp_init(&parser->http, HTTP_RESPONSE, &settings);
    parser->http.data = parser;
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

/* ---- judging and learning -----------------------------------------------------------
 */

/* The content that replies must have; the first good reply of all threads sets it. */
static const struct content *expected_content(struct pattern *pattern,
                                              const struct content *seen)
{
    if (!pattern->content_known) {
        struct expected_reply *expected = pattern->expected;
        pthread_mutex_lock(&expected->lock);
        if (!expected->known) {
            expected->known = true;
            expected->content = *seen;
        }
        pattern->content = expected->content;
        pattern->content_known = true;
        pthread_mutex_unlock(&expected->lock);
    }
    return &pattern->content;
}

static enum verdict judge(struct pattern *pattern, unsigned status,
                          const struct content *seen)
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
    const struct content *content = expected_content(pattern, seen);
    if (seen->body_bytes != content->body_bytes)
        return VERDICT_WRONG_LENGTH;
    if (seen->has_digest != content->has_digest || seen->digest != content->digest)
        return VERDICT_WRONG_DIGEST;
    return VERDICT_GOOD;
}

static void remember_head(struct pattern *pattern, const char *head, size_t bytes,
                          uint64_t body_bytes, bool keep_alive)
{
    if (bytes != pattern->head_bytes)
        pattern->head = memory_resize(pattern->head, bytes);
    memcpy(pattern->head, head, bytes);
    pattern->head_bytes = bytes;
    pattern->body_bytes = body_bytes;
    pattern->keep_alive = keep_alive;
    pattern->until_parse = FRAMING_PARSE_EVERY - 1;
}

/* Bytes of a sized body that are still to come, or 0. */
static uint64_t sized_body_left(const struct reply_parser *parser)
{
    const llhttp_t *http = &parser->http;
    bool sized = (http->flags & F_CONTENT_LENGTH) && !(http->flags & F_CHUNKED) &&
                 !(http->flags & F_SKIPBODY);
    return sized && !parser->complete ? http->content_length : 0;
}

/* Whether a head equal to this one always means a body of this length. */
static bool is_fixed(const struct reply_parser *parser)
{
    return !parser->interim_seen && !(parser->http.flags & F_CHUNKED) &&
           !llhttp_message_needs_eof(&parser->http);
}

/*
 * The head of the reply is complete and its length is known: judges it before the
 * body is here, and remembers the head where it was read in one piece.
 */
static void settle_sized(struct framing *framing, const char *whole_head,
                         size_t head_bytes, uint64_t body_left)
{
    struct reply_parser *parser = framing->parser;
    struct pattern *pattern = parser->pattern;
    struct content content = parser->content;
    content.body_bytes += body_left;
    framing->keep_alive = llhttp_should_keep_alive(&parser->http) != 0;
    framing->verdict = (uint8_t)judge(pattern, parser->http.status_code, &content);
    framing->body_left = body_left;
    if (whole_head && framing->verdict == VERDICT_GOOD)
        remember_head(pattern, whole_head, head_bytes, content.body_bytes,
                      framing->keep_alive);
}

/* Ends a reply that is complete, whatever its kind. */
static enum framing_result finish(struct framing *framing, struct parser_pool *pool)
{
    struct reply_parser *parser = framing->parser;
    framing->keep_alive = llhttp_should_keep_alive(&parser->http) != 0;
    framing->verdict =
        (uint8_t)judge(parser->pattern, parser->http.status_code, &parser->content);
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
    struct reply_parser *parser = framing->parser;
    parser->body_at = NULL;
    llhttp_errno_t status = llhttp_execute(&parser->http, data, bytes);
    *used = bytes;
    if (status == HPE_PAUSED && parser->complete)
        *used = (size_t)(llhttp_get_error_pos(&parser->http) - data);
    else if (status != HPE_OK) {
        framing_reset(framing, pool);
        return FRAMING_MALFORMED;
    }
    if (parser->head_complete && is_fixed(parser)) {
        size_t head_bytes = parser->body_at ? (size_t)(parser->body_at - data) : *used;
        uint64_t body_left = sized_body_left(parser);
        settle_sized(framing, from_start ? data : NULL, head_bytes, body_left);
        framing_reset(framing, pool);
        if (!body_left)
            return FRAMING_REPLY;
        framing->state = FRAMING_BODY;
        return FRAMING_MORE;
    }
    return parser->complete ? finish(framing, pool) : FRAMING_MORE;
}

bool framing_skipped(struct framing *framing, uint64_t bytes)
{
    framing->body_left -= bytes;
    if (framing->body_left)
        return false;
    framing->state = FRAMING_START;
    return true;
}

enum framing_result framing_feed_slowly(struct framing *framing, struct pattern *pattern,
                                        struct parser_pool *pool, const char *data,
                                        size_t bytes, size_t *used)
{
    if (framing->state != FRAMING_BODY)
        return parse(framing, pattern, pool, data, bytes, used);
    *used = bytes < framing->body_left ? bytes : (size_t)framing->body_left;
    return framing_skipped(framing, *used) ? FRAMING_REPLY : FRAMING_MORE;
}

enum framing_result framing_end_of_stream(struct framing *framing,
                                          struct parser_pool *pool)
{
    if (framing->state != FRAMING_PARSE)
        return FRAMING_MORE;
    /* Where a length was promised, or the head is not complete, it is cut short. */
    llhttp_finish(&framing->parser->http);
    if (!framing->parser->complete)
        return FRAMING_MORE;
    return finish(framing, pool);
}
