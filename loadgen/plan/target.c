/* target.c - see target.h. */
#include "loadgen/plan/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

#define SCHEME      "http://"
#define UNIX_SCHEME "unix:"

int target_check_path(const char *path, struct error *error)
{
    if (path[0] != '/')
        return error_set(error, -EINVAL, "a path begins with \"/\", got \"%s\"", path);
    for (const unsigned char *p = (const unsigned char *)path; *p; p++)
        if (*p <= ' ' || *p == 0x7f || *p == '#')
            return error_set(error, -EINVAL,
                             "a path has no blanks, control characters or \"#\" (write "
                             "them as %%20 and so on), got \"%s\"",
                             path);
    return 0;
}

#define CONNECT_PATIENCE_MS 1000

/* Whether a connection can be made to the address, within a second. */
static bool is_listening(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    int code = connect(fd, address->ai_addr, address->ai_addrlen) < 0 ? errno : 0;
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    socklen_t bytes = sizeof code;
    if (code == EINPROGRESS && poll(&poll_fd, 1, CONNECT_PATIENCE_MS) == 1)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &bytes);
    close(fd);
    return code == 0;
}

/*
 * Of the addresses of a name the first one at which somebody listens, in the order of the
 * resolver (RFC 6724): all connections go to the same. Where nobody does the first one,
 * whose failure is then told. A single address is not asked.
 */
static int resolve(struct target *target, const char *host, const char *port,
                   const char *url, struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int failure = getaddrinfo(host, port, &hints, &found);
    if (failure)
        return error_set(error, -EHOSTUNREACH,
                         "%s: cannot find the address of \"%s\": %s", url, host,
                         gai_strerror(failure));
    const struct addrinfo *chosen = found;
    for (const struct addrinfo *a = found; found->ai_next && a; a = a->ai_next)
        if (is_listening(a)) {
            chosen = a;
            break;
        }
    memcpy(&target->address, chosen->ai_addr, chosen->ai_addrlen);
    target->address_bytes = chosen->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

/* Splits "HOST:PORT" or "[HOST]:PORT" (heap copy in *host); *port points into it. */
static int split_authority(const char *authority, char **host, const char **port,
                           const char *url, struct error *error)
{
    *host = memory_copy_string(authority);
    char *end = *host;
    if (*end == '[') {
        end = strchr(*host, ']');
        if (!end)
            return error_set(error, -EINVAL, "%s: \"[\" without \"]\"", url);
        memmove(*host, *host + 1, (size_t)(end - *host) - 1);
        end[-1] = '\0';
        end++;
    } else {
        end += strcspn(end, ":");
    }
    *port = "80";
    bool good = *end == '\0' || *end == ':';
    if (*end == ':') {
        *end = '\0';
        *port = end + 1;
        size_t digits = strspn(*port, "0123456789");
        long number = strtol(*port, NULL, 10);
        good = digits > 0 && digits <= 5 && !(*port)[digits] && number > 0 &&
               number <= 65535;
    }
    if (!good || !**host)
        return error_set(error, -EINVAL,
                         "expected http://HOST[:PORT][/PATH] with a port of 1..65535, "
                         "got \"%s\"",
                         url);
    return 0;
}

static int parse_http(struct target *target, char **path, const char *url,
                      struct error *error)
{
    bool has_scheme = strncmp(url, SCHEME, strlen(SCHEME)) == 0;
    const char *authority = has_scheme ? url + strlen(SCHEME) : url;
    size_t length = strcspn(authority, "/?");
    target->authority = memory_printf("%.*s", (int)length, authority);
    target->url = memory_printf(SCHEME "%s", target->authority);
    char *host = NULL;
    const char *port = NULL;
    int result = split_authority(target->authority, &host, &port, url, error);
    if (result == 0)
        result = resolve(target, host, port, url, error);
    if (result == 0 && authority[length])
        *path = memory_printf("%s%s", authority[length] == '?' ? "/" : "",
                              authority + length);
    free(host);
    return result;
}

static int parse_unix(struct target *target, char **path, const char *url,
                      struct error *error)
{
    const char *socket_path = url + strlen(UNIX_SCHEME);
    const char *end = strstr(socket_path, ":/");
    size_t length = end ? (size_t)(end - socket_path) : strlen(socket_path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!length || length >= sizeof address.sun_path)
        return error_set(
            error, -EINVAL,
            "expected unix:SOCKET[:/PATH] with a socket of 1..%zu bytes, got "
            "\"%s\"",
            sizeof address.sun_path - 1, url);
    memcpy(address.sun_path, socket_path, length);
    memcpy(&target->address, &address, sizeof address);
    target->address_bytes = sizeof address;
    target->authority = memory_copy_string("localhost");
    target->url = memory_printf(UNIX_SCHEME "%.*s", (int)length, socket_path);
    if (end)
        *path = memory_copy_string(end + 1);
    return 0;
}

/* "3*" before a URL; returns what follows. */
static const char *read_weight(struct target *target, const char *url)
{
    char *end;
    double weight = strtod(url, &end);
    bool given = end != url && *end == '*' && weight > 0 && weight <= 1e6;
    target->weight = given ? weight : 1;
    return given ? end + 1 : url;
}

/* HOST:PORT, or a host with a dot in it or in brackets: "http://" may be left out. */
static bool is_authority(const char *place)
{
    size_t length = strcspn(place, "/?");
    const char *end = place + length;
    bool named = memchr(place, '.', length) || memchr(place, ']', length) ||
                 memchr(place, ':', length);
    return named && length > 0 && !strstr(place, "://") && end > place;
}

int target_parse(struct target *target, char **path, const char *url, struct error *error)
{
    *target = (struct target){0};
    *path = NULL;
    const char *place = read_weight(target, url);
    int result;
    if (strncmp(place, UNIX_SCHEME, strlen(UNIX_SCHEME)) == 0)
        result = parse_unix(target, path, place, error);
    else if (strncmp(place, SCHEME, strlen(SCHEME)) == 0 || is_authority(place))
        result = parse_http(target, path, place, error);
    else
        result = error_set(error, -EINVAL,
                           "expected http://HOST[:PORT][/PATH] or unix:SOCKET[:/PATH], "
                           "got \"%s\"",
                           url);
    if (result == 0 && *path)
        result = target_check_path(*path, error);
    if (result < 0) {
        free(*path);
        *path = NULL;
        target_release(target);
    }
    return result;
}

void target_release(struct target *target)
{
    free(target->authority);
    free(target->url);
    *target = (struct target){0};
}

bool target_equal(const struct target *a, const struct target *b)
{
    return a->address_bytes == b->address_bytes &&
           memcmp(&a->address, &b->address, a->address_bytes) == 0;
}

bool target_has_spare_sources(const struct target *target)
{
    if (target->address.ss_family != AF_INET)
        return false;
    struct sockaddr_in address;
    memcpy(&address, &target->address, sizeof address);
    return (ntohl(address.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
}

bool target_is_loopback(const struct target *target)
{
    if (target->address.ss_family == AF_UNIX || target_has_spare_sources(target))
        return true;
    if (target->address.ss_family == AF_INET6) {
        struct sockaddr_in6 address;
        memcpy(&address, &target->address, sizeof address);
        return IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) != 0;
    }
    return false;
}
