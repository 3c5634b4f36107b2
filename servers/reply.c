/* reply.c - see reply.h. */
#include "servers/reply.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "servers/http.h"

#define STATUS_200   "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
#define DIGEST       "Interleave-Digest: "
#define LENGTH       "\r\nContent-Length: "
#define HELLO        "Hello, World!"
#define HELLO_HEAD   STATUS_200 DIGEST "00000000" LENGTH "13\r\n"
#define ALIVE        "Connection: keep-alive\r\n"
#define CLOSE        "Connection: close\r\n"
#define DIGEST_CHARS 8

/* A constant and its length without the NUL. */
struct literal {
    const char *text;
    size_t length;
};
#define LITERAL(string)                                                                  \
    {                                                                                    \
        string, sizeof(string) - 1                                                       \
    }

static const struct literal hellos[REPLY_ENDINGS] = {
    [REPLY_KEEPS] = LITERAL(HELLO_HEAD "\r\n" HELLO),
    [REPLY_KEEPS_1_0] = LITERAL(HELLO_HEAD ALIVE "\r\n" HELLO),
    [REPLY_CLOSES] = LITERAL(HELLO_HEAD CLOSE "\r\n" HELLO),
};

/* The end of a head, after the digits of the content length. */
static const struct literal endings[REPLY_ENDINGS] = {
    [REPLY_KEEPS] = LITERAL("\r\n\r\n"),
    [REPLY_KEEPS_1_0] = LITERAL("\r\n" ALIVE "\r\n"),
    [REPLY_CLOSES] = LITERAL("\r\n" CLOSE "\r\n"),
};

/* ---- hello ------------------------------------------------------------------------ */

void reply_hello(struct output *output, enum reply_ending ending, bool head_only)
{
    const struct literal *hello = &hellos[ending];
    size_t body = head_only ? strlen(HELLO) : 0;
    output_append(output, hello->text, hello->length - body);
}

const char *reply_hello_bytes(size_t *length)
{
    *length = hellos[REPLY_KEEPS_1_0].length;
    return hellos[REPLY_KEEPS_1_0].text;
}

/* ---- digests and bodies ----------------------------------------------------------- */

/* Small functions in place of snprintf: this runs for every request with steps. */

static void write_digest(char text[DIGEST_CHARS], uint32_t digest)
{
    for (int i = 0; i < DIGEST_CHARS; i++)
        text[i] = "0123456789abcdef"[digest >> (28 - 4 * i) & 15];
}

static size_t write_decimal(char text[20], uint64_t value)
{
    char reversed[20];
    size_t digits = 0;
    do {
        reversed[digits++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    for (size_t i = 0; i < digits; i++)
        text[i] = reversed[digits - 1 - i];
    return digits;
}

static void append_head(struct output *output, enum reply_ending ending, uint32_t digest,
                        uint64_t body_bytes)
{
    static const struct literal start = LITERAL(STATUS_200 DIGEST);
    static const struct literal middle = LITERAL(LENGTH);
    char head[256];
    size_t used = start.length;
    memcpy(head, start.text, start.length);
    write_digest(head + used, digest);
    used += DIGEST_CHARS;
    memcpy(head + used, middle.text, middle.length);
    used += middle.length;
    used += write_decimal(head + used, body_bytes);
    memcpy(head + used, endings[ending].text, endings[ending].length);
    used += endings[ending].length;
    output_append(output, head, used);
}

void reply_digest(struct output *output, enum reply_ending ending, bool head_only,
                  uint32_t digest)
{
    char body[DIGEST_CHARS + 1];
    append_head(output, ending, digest, sizeof body);
    if (head_only)
        return;
    write_digest(body, digest);
    body[DIGEST_CHARS] = '\n';
    output_append(output, body, sizeof body);
}

/* ---- bodies of a given size ------------------------------------------------------- */

#define BLOCK_BYTES (256 * 1024)
#define COPY_BYTES  2048 /* up to here copying is cheaper than another part */

_Static_assert(BLOCK_BYTES % (sizeof REPLY_LINE - 1) == 0, "blocks hold whole lines");

struct reply_body {
    char block[BLOCK_BYTES];
};

struct reply_body *reply_body_create(void)
{
    struct reply_body *body = memory_allocate(sizeof *body);
    size_t line = sizeof REPLY_LINE - 1;
    for (size_t at = 0; at < BLOCK_BYTES; at += line)
        memcpy(body->block + at, REPLY_LINE, line);
    return body;
}

void reply_body_free(struct reply_body *body)
{
    free(body);
}

void reply_bytes_head(struct output *output, enum reply_ending ending, uint32_t digest,
                      uint64_t body_bytes)
{
    append_head(output, ending, digest, body_bytes);
}

uint64_t reply_bytes_body(struct output *output, const struct reply_body *body,
                          uint64_t left)
{
    if (left > 0 && left <= COPY_BYTES && OUTPUT_BYTES - output->used >= left) {
        output_append(output, body->block, (size_t)left);
        return 0;
    }
    while (left > 0 && output_has_part(output)) {
        size_t length = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
        output_refer(output, body->block, length);
        left -= length;
    }
    return left;
}

/* ---- errors ----------------------------------------------------------------------- */

#define MESSAGE_BYTES 512 /* escaped, at most 6 times that: fits OUTPUT_REPLY_BYTES */

static const struct status {
    int code;
    const char *phrase;
} statuses[] = {
    {400, "Bad Request"},           {405, "Method Not Allowed"},
    {413, "Content Too Large"},     {414, "URI Too Long"},
    {417, "Expectation Failed"},    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"}, {501, "Not Implemented"},
    {502, "Bad Gateway"},           {503, "Service Unavailable"},
    {504, "Gateway Timeout"},       {505, "HTTP Version Not Supported"},
};

static const char *phrase_of(int code)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].code == code)
            return statuses[i].phrase;
    return "Error";
}

void reply_error(struct output *output, bool head_only, int status, const char *message)
{
    char cut[MESSAGE_BYTES];
    snprintf(cut, sizeof cut, "%s", message);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "error", cut);
    char *body = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    const char *text = body ? body : "{}";
    char head[512];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n%s" CLOSE "\r\n",
                          status, phrase_of(status), strlen(text) + 1,
                          status == 405 ? "Allow: " HTTP_ALLOWED_METHODS "\r\n" : "");
    output_append(output, head, (size_t)length);
    if (!head_only) {
        output_append(output, text, strlen(text));
        output_append(output, "\n", 1);
    }
    free(body);
}
