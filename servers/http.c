/* http.c - see http.h. */
#include "servers/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Chunk sizes, extensions and trailers may not be much larger than a body. */
#define MAX_WIRE_BYTES (2 * HTTP_MAX_BODY_BYTES)

enum header { HEADER_OTHER, HEADER_HOST, HEADER_EXPECT, HEADER_TRANSFER_ENCODING };

static enum http_outcome refuse(struct http_session *session, int status,
                                const char *reason)
{
    if (!session->refusal.status)
        session->refusal = (struct http_refusal){status, reason};
    return HTTP_REFUSED;
}

/* Refuses from within a callback: llhttp stops at any result but 0. */
static int stop_parsing(struct http_session *session, int status, const char *reason)
{
    refuse(session, status, reason);
    return HPE_USER;
}

/* ---- what llhttp reports ---------------------------------------------------------- */

static struct http_session *session_of(llhttp_t *parser)
{
    return parser->data;
}

static int on_url(llhttp_t *parser, const char *at, size_t length)
{
    struct http_session *session = session_of(parser);
    session->request.target = at;
    session->request.target_length = length;
    return 0;
}

static bool is_word(const char *at, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(at, word, length) == 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t length)
{
    struct http_session *session = session_of(parser);
    session->header = HEADER_OTHER;
    if (session->in_body)
        return 0;
    if (is_word(at, length, "host")) {
        session->header = HEADER_HOST;
        if (session->hosts < 2)
            session->hosts++;
    } else if (is_word(at, length, "expect")) {
        session->header = HEADER_EXPECT;
    } else if (is_word(at, length, "transfer-encoding")) {
        session->header = HEADER_TRANSFER_ENCODING;
    }
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t length)
{
    struct http_session *session = session_of(parser);
    if (session->header != HEADER_EXPECT && session->header != HEADER_TRANSFER_ENCODING)
        return 0;
    while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t'))
        length--;
    if (session->header == HEADER_EXPECT) {
        if (!is_word(at, length, "100-continue"))
            return stop_parsing(session, 417, "the only expectation met is 100-continue");
        session->expects_continue = true;
    } else if (!is_word(at, length, "chunked")) {
        return stop_parsing(session, 501, "the only transfer coding known is chunked");
    }
    return 0;
}

static bool is_accepted(uint8_t method)
{
    return method == HTTP_GET || method == HTTP_HEAD || method == HTTP_POST ||
           method == HTTP_PUT;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct http_session *session = session_of(parser);
    if (parser->http_major != 1 || parser->http_minor > 1)
        return stop_parsing(session, 505,
                            "the versions spoken are HTTP/1.0 and HTTP/1.1");
    if (!is_accepted(parser->method))
        return stop_parsing(session, 405,
                            "the methods allowed are " HTTP_ALLOWED_METHODS);
    session->request.is_1_0 = parser->http_minor == 0;
    if (session->hosts > 1 || (session->hosts == 0 && !session->request.is_1_0))
        return stop_parsing(session, 400, "a request has exactly one Host header");
    if (parser->content_length > HTTP_MAX_BODY_BYTES)
        return stop_parsing(session, 413, "a body has at most 1 MiB");
    session->request.head_only = parser->method == HTTP_HEAD;
    session->request.keep_alive = llhttp_should_keep_alive(parser) != 0;
    if (session->request.is_1_0)
        session->expects_continue = false;
    parser->upgrade = 0;
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
    (void)at;
    struct http_session *session = session_of(parser);
    if (length > HTTP_MAX_BODY_BYTES - session->body_bytes)
        return stop_parsing(session, 413, "a body has at most 1 MiB");
    session->body_bytes += (uint32_t)length;
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    session_of(parser)->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* ---- what llhttp refuses ---------------------------------------------------------- */

/* "HTTP/" digit "." digit at the end of the request line: well-formed, if unknown. */
static bool has_version_form(const char *line, size_t length)
{
    if (length < 10)
        return false;
    const char *version = line + length - 10;
    return memcmp(version, "HTTP/", 5) == 0 && version[5] >= '0' && version[5] <= '9' &&
           version[6] == '.' && version[7] >= '0' && version[7] <= '9';
}

static bool has_method_form(const char *line, size_t length)
{
    size_t letters = 0;
    while (letters < length &&
           ((line[letters] >= 'A' && line[letters] <= 'Z') || line[letters] == '-' ||
            (line[letters] >= 'a' && line[letters] <= 'z')))
        letters++;
    return letters > 0 && letters < length && line[letters] == ' ';
}

static enum http_outcome refuse_head(struct http_session *session, llhttp_errno_t code,
                                     const char *head)
{
    size_t line_length = session->line_bytes;
    if (code == HPE_INVALID_METHOD && has_method_form(head, line_length))
        return refuse(session, 501, "the methods known are " HTTP_ALLOWED_METHODS);
    bool other_version =
        code == HPE_INVALID_VERSION && has_version_form(head, line_length);
    if (other_version || session->parser.method == HTTP_PRI)
        return refuse(session, 505, "the versions spoken are HTTP/1.0 and HTTP/1.1");
    const char *reason = llhttp_get_error_reason(&session->parser);
    return refuse(session, 400, reason ? reason : "this is not HTTP");
}

/* ---- the head --------------------------------------------------------------------- */

enum scan { SCAN_INCOMPLETE, SCAN_COMPLETE, SCAN_REFUSED };

static enum scan check_size(struct http_session *session, size_t bytes, bool in_line)
{
    if (in_line && bytes > HTTP_MAX_LINE_BYTES)
        refuse(session, 414, "a request line has at most 16 KiB");
    else if (!in_line && bytes > HTTP_MAX_HEADERS_BYTES)
        refuse(session, 431, "the headers have at most 16 KiB");
    return session->refusal.status ? SCAN_REFUSED : SCAN_INCOMPLETE;
}

/* One line, with its LF: it has to end in CRLF, hold no other CR and not be folded. */
static enum scan check_line(struct http_session *session, const char *line, size_t length)
{
    if (length < 2 || line[length - 2] != '\r')
        refuse(session, 400, "a line ends in CR LF, not in LF alone");
    else if (memchr(line, '\r', length - 2))
        refuse(session, 400, "a CR without LF in the head");
    else if (session->line_bytes && (line[0] == ' ' || line[0] == '\t'))
        refuse(session, 400, "a header line is not continued on the next");
    return session->refusal.status ? SCAN_REFUSED : SCAN_INCOMPLETE;
}

/*
 * Looks at the lines that came since the last call. On SCAN_COMPLETE the head is the
 * first session->scanned_bytes bytes.
 */
static enum scan scan_head(struct http_session *session, const char *input, size_t length)
{
    const char *line = input + session->scanned_bytes, *end = input + length, *newline;
    while (line < end && (newline = memchr(line, '\n', (size_t)(end - line)))) {
        size_t line_length = (size_t)(newline + 1 - line);
        if (check_line(session, line, line_length) == SCAN_REFUSED)
            return SCAN_REFUSED;
        session->scanned_bytes += (uint32_t)line_length;
        bool in_line = session->line_bytes == 0;
        size_t checked = session->scanned_bytes - session->line_bytes;
        if (check_size(session, checked, in_line) == SCAN_REFUSED)
            return SCAN_REFUSED;
        if (in_line)
            session->line_bytes = session->scanned_bytes;
        else if (line_length == 2)
            return SCAN_COMPLETE;
        line = newline + 1;
    }
    return check_size(session, length - session->line_bytes, session->line_bytes == 0);
}

/* Empty lines before a request line are tolerated (RFC 9112, 2.2). */
static void skip_empty_lines(struct http_session *session, const char **input,
                             size_t *length)
{
    while (session->scanned_bytes == 0 && *length >= 2 && (*input)[0] == '\r' &&
           (*input)[1] == '\n') {
        *input += 2;
        *length -= 2;
    }
}

/* ---- the target ------------------------------------------------------------------- */

/* "http://host/path?query" -> "/path". */
static void trim_target(struct http_request *request)
{
    const char *at = request->target, *end = at + request->target_length;
    size_t scheme = 0;
    if (end - at >= 7 && strncasecmp(at, "http://", 7) == 0)
        scheme = 7;
    else if (end - at >= 8 && strncasecmp(at, "https://", 8) == 0)
        scheme = 8;
    const char *query = memchr(at, '?', (size_t)(end - at));
    if (query)
        end = query;
    if (scheme) {
        const char *path = memchr(at + scheme, '/', (size_t)(end - at) - scheme);
        static const char root[] = "/";
        at = path ? path : root;
        end = path ? end : root + 1;
    }
    request->target = at;
    request->target_length = (size_t)(end - at);
}

/* The head's memory is about to be used again while the body is still coming. */
static bool keep_target(struct http_session *session)
{
    if (session->kept_target)
        return true;
    struct http_request *request = &session->request;
    session->kept_target = malloc(request->target_length + 1);
    if (!session->kept_target)
        return false;
    memcpy(session->kept_target, request->target, request->target_length);
    request->target = session->kept_target;
    return true;
}

/* ---- the session ------------------------------------------------------------------ */

static void begin_request(struct http_session *session)
{
    llhttp_init(&session->parser, HTTP_REQUEST, &settings);
    session->parser.data = session;
    session->hosts = 0;
    session->body_bytes = session->wire_bytes = 0;
    session->complete = session->expects_continue = false;
}

static enum http_outcome finish_request(struct http_session *session)
{
    session->in_body = false;
    session->scanned_bytes = session->line_bytes = 0;
    return HTTP_REQUEST_IN;
}

static enum http_outcome read_body(struct http_session *session, const char **input,
                                   size_t *length)
{
    llhttp_errno_t code = HPE_OK;
    if (*length > 0)
        code = llhttp_execute(&session->parser, *input, *length);
    if (session->complete) {
        size_t used = (size_t)(llhttp_get_error_pos(&session->parser) - *input);
        *input += used;
        *length -= used;
        return finish_request(session);
    }
    if (code != HPE_OK)
        return refuse(session, 400, llhttp_get_error_reason(&session->parser));
    session->wire_bytes += (uint32_t)*length;
    if (session->wire_bytes > MAX_WIRE_BYTES)
        return refuse(session, 413, "a body has at most 1 MiB");
    *input += *length;
    *length = 0;
    if (!keep_target(session))
        return refuse(session, 503, "out of memory");
    bool expected = session->expects_continue && session->wire_bytes == 0;
    session->expects_continue = false;
    return expected ? HTTP_CONTINUE : HTTP_NEEDS_INPUT;
}

enum http_outcome http_session_next(struct http_session *session, const char **input,
                                    size_t *length)
{
    if (session->refusal.status)
        return HTTP_REFUSED;
    if (session->in_body)
        return read_body(session, input, length);
    free(session->kept_target);
    session->kept_target = NULL;
    skip_empty_lines(session, input, length);
    if (*length == 0)
        return HTTP_NEEDS_INPUT;
    enum scan scan = scan_head(session, *input, *length);
    if (scan != SCAN_COMPLETE)
        return scan == SCAN_REFUSED ? HTTP_REFUSED : HTTP_NEEDS_INPUT;
    begin_request(session);
    const char *head = *input;
    llhttp_errno_t code = llhttp_execute(&session->parser, head, session->scanned_bytes);
    /* PRI begins HTTP/2: llhttp would now wait for the rest of its preface. */
    bool wanted =
        session->complete || (code == HPE_OK && session->parser.method != HTTP_PRI);
    if (!wanted)
        return refuse_head(session, code, head);
    *input += session->scanned_bytes;
    *length -= session->scanned_bytes;
    trim_target(&session->request);
    if (session->complete)
        return finish_request(session);
    session->in_body = true;
    return read_body(session, input, length);
}

void http_session_release(struct http_session *session)
{
    free(session->kept_target);
    *session = (struct http_session){0};
}
