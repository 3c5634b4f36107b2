/* http_get.c - see http_get.h. */
#include "harness/trial/http_get.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

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

/* The status line, and the body of an error: one line of JSON. */
static int judge(const char *reply, const char *path, struct error *error)
{
    if (strncmp(reply, "HTTP/1.1 200 ", 13) == 0)
        return 0;
    if (!*reply)
        return error_set(error, -EPROTO, "%s: it did not answer", path);
    const char *body = strstr(reply, "\r\n\r\n");
    body = body ? body + 4 : "";
    return error_set(error, -EPROTO, "%s: %.*s: %.*s", path, (int)strcspn(reply, "\r\n"),
                     reply, (int)strcspn(body, "\n"), body);
}

/* The whole reply, on the heap in `reply`. */
static int exchange(const char *url, const char *path, struct text *reply,
                    struct error *error)
{
    int fd = connect_to(url);
    if (fd < 0)
        return error_set(error, fd, "cannot reach %s: %s", url, strerror(-fd));
    char *request = memory_printf(
        "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    ssize_t got = send(fd, request, strlen(request), MSG_NOSIGNAL);
    char chunk[4096];
    while (got > 0 && (got = recv(fd, chunk, sizeof chunk, 0)) > 0)
        text_append(reply, chunk, (size_t)got);
    free(request);
    close(fd);
    return judge(text_string(reply), path, error);
}

int http_get(const char *url, const char *path, struct error *error)
{
    struct text reply = {0};
    int result = exchange(url, path, &reply, error);
    text_release(&reply);
    return result;
}

int http_get_digest(const char *url, const char *path, char digest[HTTP_DIGEST_BYTES],
                    struct error *error)
{
    static const char header[] = "\r\nInterleave-Digest: ";
    struct text reply = {0};
    int result = exchange(url, path, &reply, error);
    const char *at = strcasestr(text_string(&reply), header);
    if (result == 0 && at) {
        at += strlen(header);
        snprintf(digest, HTTP_DIGEST_BYTES, "%.*s", (int)strcspn(at, "\r\n"), at);
    } else if (result == 0) {
        result = error_set(error, -EPROTO, "%s: a reply without a digest", path);
    }
    text_release(&reply);
    return result;
}
