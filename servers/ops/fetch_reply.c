/* fetch_reply.c - see fetch_reply.h. */
#include "servers/ops/fetch_reply.h"

#include <string.h>
#include <strings.h>
#include <zlib.h>

#define MAX_HEAD_BYTES (64 * 1024)

static struct fetch_reply *reply_of(llhttp_t *parser)
{
    return parser->data;
}

/* Names and values may come in pieces. Of a long one only the front is kept, and its
 * length. */
static int add_to_word(llhttp_t *parser, const char *at, size_t length)
{
    struct fetch_reply *reply = reply_of(parser);
    for (size_t i = 0; i < length; i++, reply->word_length++)
        if (reply->word_length < sizeof reply->word)
            reply->word[reply->word_length] = at[i];
    return 0;
}

static bool word_is(const struct fetch_reply *reply, const char *word)
{
    return reply->word_length == strlen(word) &&
           strncasecmp(reply->word, word, reply->word_length) == 0;
}

static int on_name_complete(llhttp_t *parser)
{
    struct fetch_reply *reply = reply_of(parser);
    reply->is_digest = word_is(reply, "interleave-digest");
    reply->word_length = 0;
    return 0;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int on_value_complete(llhttp_t *parser)
{
    struct fetch_reply *reply = reply_of(parser);
    size_t length = reply->word_length;
    reply->word_length = 0;
    if (!reply->is_digest || reply->in_body)
        return 0;
    uint32_t digest = 0;
    for (size_t i = 0; i < 8; i++) {
        int digit = length == 8 ? hex_digit(reply->word[i]) : -1;
        if (digit < 0) {
            reply->why = "its Interleave-Digest is not 8 hexadecimal digits";
            return HPE_USER;
        }
        digest = digest << 4 | (uint32_t)digit;
    }
    reply->digest = digest;
    reply->has_digest = true;
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    reply_of(parser)->in_body = true;
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
    struct fetch_reply *reply = reply_of(parser);
    if (!reply->has_digest)
        reply->digest = (uint32_t)crc32_z(reply->digest, (const Bytef *)at, length);
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct fetch_reply *reply = reply_of(parser);
    reply->in_body = false;
    if (parser->status_code < 200) {
        /* An interim reply: the final one follows. */
        reply->has_digest = false;
        reply->digest = 0;
        return 0;
    }
    reply->status = parser->status_code;
    reply->keeps_alive = llhttp_should_keep_alive(parser);
    reply->state = FETCH_REPLY_COMPLETE;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_header_field = add_to_word,
    .on_header_field_complete = on_name_complete,
    .on_header_value = add_to_word,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void fetch_reply_start(struct fetch_reply *reply)
{
    *reply = (struct fetch_reply){.state = FETCH_REPLY_OPEN};
    llhttp_init(&reply->parser, HTTP_RESPONSE, &settings);
    reply->parser.data = reply;
}

static enum fetch_reply_state give_up(struct fetch_reply *reply, const char *why)
{
    if (!reply->why)
        reply->why = why;
    reply->state = FETCH_REPLY_BROKEN;
    return reply->state;
}

/* Some replies end with the connection; others must not. */
static enum fetch_reply_state end_of_input(struct fetch_reply *reply)
{
    llhttp_finish(&reply->parser);
    reply->keeps_alive = false;
    return reply->state == FETCH_REPLY_COMPLETE
               ? reply->state
               : give_up(reply, "it closed the connection before its reply was complete");
}

enum fetch_reply_state fetch_reply_receive(struct fetch_reply *reply, const char *bytes,
                                           size_t length)
{
    if (length == 0)
        return end_of_input(reply);
    bool in_head = !reply->in_body;
    llhttp_errno_t result = llhttp_execute(&reply->parser, bytes, length);
    if (reply->state == FETCH_REPLY_COMPLETE) {
        /* Whatever follows was not asked for. */
        if (llhttp_get_error_pos(&reply->parser) != bytes + length)
            reply->keeps_alive = false;
        return reply->state;
    }
    if (result != HPE_OK)
        return give_up(reply, "its reply is not HTTP/1.1");
    reply->head_bytes += in_head ? length : 0;
    if (!reply->in_body && reply->head_bytes > MAX_HEAD_BYTES)
        return give_up(reply, "the head of its reply is too long");
    return reply->state;
}
