/* http_get.c - see http_get.h. */
#include "harness/trial/http_get.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/http_reply.h"
#include "base/text.h"

static int connect_to(const char *url)
{
    const char *port = strrchr(url, ':');
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)(port ? strtoul(port + 1, NULL, 10) : 0)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = 30};
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int failure = errno;
    close(fd);
    return -failure;
}

struct whole_reply {
    struct http_reply reply; /* its first member: the reader's callback gets this */
    struct text bytes;       /* as they came */
    struct text body;
};

static void keep_body(struct http_reply *reply, const char *bytes, size_t length)
{
    struct whole_reply *answer = (struct whole_reply *)(void *)reply;
    text_append(&answer->body, bytes, length);
}

/* Of an error: the status line, and the body, which is one line of JSON. */
static int judge(const struct whole_reply *answer, enum http_reply_state state,
                 const char *path, struct error *error)
{
    const char *line = text_string(&answer->bytes), *body = text_string(&answer->body);
    bool good = answer->reply.parser.status_code == 200;
    if (good && state == HTTP_REPLY_COMPLETE)
        return 0;
    if (!*line)
        return error_set(error, -EPROTO, "%s: it did not answer", path);
    if (good)
        return error_set(error, -EPROTO, "%s: its reply is not complete", path);
    return error_set(error, -EPROTO, "%s: %.*s: %.*s", path, (int)strcspn(line, "\r\n"),
                     line, (int)strcspn(body, "\n"), body);
}

/* Release the answer in any case. */
static int exchange(const char *url, const char *path, struct whole_reply *answer,
                    struct error *error)
{
    *answer = (struct whole_reply){0};
    http_reply_start(&answer->reply, false, keep_body);
    int fd = connect_to(url);
    if (fd < 0)
        return error_set(error, fd, "cannot reach %s: %s", url, strerror(-fd));
    char *request = memory_printf(
        "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    ssize_t got = send(fd, request, strlen(request), MSG_NOSIGNAL);
    enum http_reply_state state = HTTP_REPLY_OPEN;
    char chunk[4096];
    while (state == HTTP_REPLY_OPEN && got > 0 &&
           (got = recv(fd, chunk, sizeof chunk, 0)) > 0) {
        size_t used;
        text_append(&answer->bytes, chunk, (size_t)got);
        state = http_reply_feed(&answer->reply, chunk, (size_t)got, &used);
    }
    if (state == HTTP_REPLY_OPEN && got == 0)
        state = http_reply_end(&answer->reply);
    free(request);
    close(fd);
    return judge(answer, state, path, error);
}

static void release(struct whole_reply *answer)
{
    text_release(&answer->bytes);
    text_release(&answer->body);
}

int http_get(const char *url, const char *path, struct error *error)
{
    struct whole_reply answer;
    int result = exchange(url, path, &answer, error);
    release(&answer);
    return result;
}

int http_get_digest(const char *url, const char *path, char digest[HTTP_DIGEST_BYTES],
                    struct error *error)
{
    struct whole_reply answer;
    int result = exchange(url, path, &answer, error);
    if (result == 0 && !answer.reply.has_digest)
        result = error_set(error, -EPROTO, "%s: a reply without a digest", path);
    if (result == 0)
        snprintf(digest, HTTP_DIGEST_BYTES, "%.*s",
                 (int)http_reply_digest_kept(&answer.reply), answer.reply.digest);
    release(&answer);
    return result;
}
