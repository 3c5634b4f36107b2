/* http_reply.c - see http_reply.h. */
#include "base/http_reply.h"

#include <string.h>
#include <strings.h>

static const char digest_header[] = "Interleave-Digest";
#define DIGEST_HEADER_BYTES (sizeof digest_header - 1)

/* Names and values may come in pieces. */
static int on_header_name(llhttp_t *parser, const char *at, size_t length)
{
    struct http_reply *reply = parser->data;
    if (reply->in_value) {
        reply->in_value = false;
        reply->name_matched = 0;
        reply->name_differs = reply->head_complete;
    }
    if (reply->name_differs || length == 0)
        return 0;
    /* Most names differ in their first letter: the comparison is left out for them. */
    size_t left = DIGEST_HEADER_BYTES - reply->name_matched;
    const char *wanted = &digest_header[reply->name_matched];
    if (length > left || ((*at ^ *wanted) & ~0x20) != 0 ||
        strncasecmp(at, wanted, length) != 0)
        reply->name_differs = true;
    else
        reply->name_matched += length;
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t length)
{
    struct http_reply *reply = parser->data;
    bool begins = !reply->in_value;
    reply->in_value = true;
    if (reply->name_differs || reply->name_matched != DIGEST_HEADER_BYTES)
        return 0;
    /* Of several the last one counts. */
    if (begins)
        reply->digest_length = 0;
    reply->has_digest = true;
    size_t kept = http_reply_digest_kept(reply), room = sizeof reply->digest - kept;
    memcpy(reply->digest + kept, at, length < room ? length : room);
    reply->digest_length += length;
    return 0;
}

static bool is_interim(const struct http_reply *reply)
{
    return reply->parser.status_code / 100 == 1;
}

static int on_head_complete(llhttp_t *parser)
{
    struct http_reply *reply = parser->data;
    bool interim = is_interim(reply);
    reply->head_complete = !interim;
    /* RFC 9110, 6.4.1: these have no body, whatever their headers say. */
    bool bodiless = interim || parser->status_code == 204 || parser->status_code == 304 ||
                    reply->to_head;
    return bodiless ? 1 : 0;
}

static int count_body(llhttp_t *parser, const char *at, size_t length)
{
    struct http_reply *reply = parser->data;
    if (!reply->body_at)
        reply->body_at = at;
    reply->body_bytes += length;
    if (reply->on_body)
        reply->on_body(reply, at, length);
    return 0;
}

static int on_complete(llhttp_t *parser)
{
    struct http_reply *reply = parser->data;
    if (is_interim(reply)) {
        reply->interim_seen = true;
        reply->has_digest = false;
        return 0;
    }
    reply->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_header_field = on_header_name,
    .on_header_value = on_header_value,
    .on_headers_complete = on_head_complete,
    .on_body = count_body,
    .on_message_complete = on_complete,
};

void http_reply_start(struct http_reply *reply, bool to_head, http_reply_body *on_body)
{
    *reply = (struct http_reply){.to_head = to_head, .on_body = on_body};
    llhttp_init(&reply->parser, HTTP_RESPONSE, &settings);
    reply->parser.data = reply;
}

enum http_reply_state http_reply_feed(struct http_reply *reply, const char *bytes,
                                      size_t length, size_t *used)
{
    reply->body_at = NULL;
    llhttp_errno_t result = llhttp_execute(&reply->parser, bytes, length);
    *used = length;
    if (reply->complete) {
        *used = (size_t)(llhttp_get_error_pos(&reply->parser) - bytes);
        return HTTP_REPLY_COMPLETE;
    }
    return result == HPE_OK ? HTTP_REPLY_OPEN : HTTP_REPLY_MALFORMED;
}

enum http_reply_state http_reply_end(struct http_reply *reply)
{
    llhttp_finish(&reply->parser);
    return reply->complete ? HTTP_REPLY_COMPLETE : HTTP_REPLY_OPEN;
}
