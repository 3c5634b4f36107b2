/*
 * http.h - HTTP/1.1 requests as a sans-I/O session: bytes in, one request at a time out.
 *
 * llhttp (Node's parser, strict) does the parsing. In front of it stands a scan for the
 * end of the head, which enforces the limits and refuses what llhttp 8.1.0 would let
 * through: bare CR, bare LF and folded header lines. A head is given to llhttp only
 * when it is there completely, so the target needs no copying in the usual case, and a
 * connection without a request in hand holds no memory besides the session itself.
 *
 * Bodies are read, counted and thrown away. GET, HEAD, POST and PUT are accepted;
 * "Upgrade" is ignored, as the protocol allows.
 *
 * What a caller must keep: input that was not consumed, to be offered again with what
 * comes after it.
 */
#ifndef SERVERS_HTTP_H
#define SERVERS_HTTP_H

#include <llhttp/llhttp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_MAX_LINE_BYTES    (16 * 1024)   /* request line: else 414              */
#define HTTP_MAX_HEADERS_BYTES (16 * 1024)   /* all header lines together: else 431 */
#define HTTP_MAX_BODY_BYTES    (1024 * 1024) /* without its framing: else 413       */

/* No head that is acceptable is longer. */
#define HTTP_MAX_HEAD_BYTES (HTTP_MAX_LINE_BYTES + HTTP_MAX_HEADERS_BYTES)

struct http_request {
    const char *target;   /* the path, without scheme, authority and query          */
    size_t target_length; /* not NUL-terminated                                      */
    bool head_only;       /* HEAD: answer with the head of the reply to GET          */
    bool keep_alive;      /* the client lets the connection live                     */
    bool is_1_0;          /* HTTP/1.0: keeping alive has to be said                   */
};

enum http_outcome {
    HTTP_NEEDS_INPUT, /* offer what is left again, with more behind it               */
    HTTP_CONTINUE,    /* answer HTTP_CONTINUE_REPLY, then go on as above             */
    HTTP_REQUEST_IN,  /* session->request is complete                                */
    HTTP_REFUSED,     /* answer session->refusal and close; the session is at its end */
};

#define HTTP_CONTINUE_REPLY "HTTP/1.1 100 Continue\r\n\r\n"

struct http_refusal {
    int status;         /* 4xx or 5xx; 405 asks for an Allow header                  */
    const char *reason; /* static                                                    */
};

#define HTTP_ALLOWED_METHODS "GET, HEAD, POST, PUT"

/* Zero-initialised is ready to use. Owned by one thread at a time. */
struct http_session {
    llhttp_t parser;
    struct http_request request; /* valid until the next call of http_session_next  */
    struct http_refusal refusal;
    char *kept_target;   /* heap: of a request whose body is still coming, else NULL   */
    uint32_t line_bytes; /* length of the request line with its end; 0: not yet in */
    uint32_t scanned_bytes; /* of the head at hand: the lines that were looked at     */
    uint32_t body_bytes;    /* without framing                                        */
    uint32_t wire_bytes;    /* of the body, with framing                              */
    uint8_t header;         /* enum header in http.c: whose value comes next          */
    uint8_t hosts;          /* number of Host headers                                 */
    bool in_body;
    bool complete;
    bool expects_continue;
};

/*
 * Goes on with the *length bytes at *input and moves both past what was consumed. The
 * target of a request is inside that input (or in the session, where the request's
 * body came later), so answer or copy it before the input's memory is used again.
 */
enum http_outcome http_session_next(struct http_session *session, const char **input,
                                    size_t *length);

/* Frees what the session holds; it is ready to use again. */
void http_session_release(struct http_session *session);

#endif
