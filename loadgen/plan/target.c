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

#include "base/address.h"
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

static int resolve(struct target *target, const char *host, const char *port,
                   const char *url, struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int failure = getaddrinfo(host, port, &hints, &found);
    if (failure)
        return error_set(error, -EHOSTUNREACH,
                         "%s: cannot find the address of \"%s\": %s", url, host,
                         gai_strerror(failure));
    for (const struct addrinfo *a = found; a; a = a->ai_next)
        target_add_address(target, a->ai_addr, a->ai_addrlen);
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
        good = address_is_port(*port) && strtol(*port, NULL, 10) > 0;
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
    target_add_address(target, (const struct sockaddr *)&address, sizeof address);
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
    bool named = memchr(place, '.', length) || memchr(place, ']', length) ||
                 memchr(place, ':', length);
    return named && strncmp(place + length - 1, "://", 3) != 0;
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

void target_add_address(struct target *target, const struct sockaddr *address,
                        socklen_t bytes)
{
    target->addresses = memory_resize(target->addresses, (target->address_count + 1) *
                                                             sizeof *target->addresses);
    struct target_address *added = &target->addresses[target->address_count];
    *added = (struct target_address){.bytes = bytes};
    memcpy(&added->socket, address, bytes);
    if (target->address_count++ == 0)
        target->address = *added;
}

#define CONNECT_PATIENCE_MS 1000

/* Connects once. 0 or -errno. */
static int try_address(const struct target_address *address)
{
    int fd =
        socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int code = 0;
    if (connect(fd, (const struct sockaddr *)&address->socket, address->bytes) < 0)
        code = errno;
    if (code == EINPROGRESS) {
        struct pollfd watched = {.fd = fd, .events = POLLOUT};
        socklen_t bytes = sizeof code;
        int ready = poll(&watched, 1, CONNECT_PATIENCE_MS);
        if (ready <= 0)
            code = ready < 0 ? errno : ETIMEDOUT;
        else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &bytes) < 0)
            code = errno;
    }
    close(fd);
    return -code;
}

int target_choose_address(struct target *target, struct error *error)
{
    struct text tried = {0};
    int code = 0;
    for (size_t i = 0; i < target->address_count && target->address_count > 1; i++) {
        const struct target_address *address = &target->addresses[i];
        char host[INET6_ADDRSTRLEN] = "?";
        code = try_address(address);
        if (code == 0) {
            target->address = *address;
            break;
        }
        getnameinfo((const struct sockaddr *)&address->socket, address->bytes, host,
                    sizeof host, NULL, 0, NI_NUMERICHOST);
        text_printf(&tried, "%s%s: %s", i ? ", " : "", host, strerror(-code));
    }
    if (code < 0)
        error_set(error, code, "cannot connect to %s (%s): is the server running?",
                  target->url, text_string(&tried));
    text_release(&tried);
    return code;
}

void target_release(struct target *target)
{
    free(target->addresses);
    free(target->authority);
    free(target->url);
    *target = (struct target){0};
}

bool target_equal(const struct target *a, const struct target *b)
{
    return a->address.bytes == b->address.bytes &&
           memcmp(&a->address.socket, &b->address.socket, a->address.bytes) == 0;
}

static bool is_in_127(const struct target_address *target)
{
    if (target->socket.ss_family != AF_INET)
        return false;
    struct sockaddr_in address;
    memcpy(&address, &target->socket, sizeof address);
    return (ntohl(address.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
}

bool target_has_spare_sources(const struct target *target)
{
    return is_in_127(&target->address);
}

static bool is_loopback(const struct target_address *target)
{
    if (target->socket.ss_family == AF_UNIX || is_in_127(target))
        return true;
    if (target->socket.ss_family != AF_INET6)
        return false;
    struct sockaddr_in6 address;
    memcpy(&address, &target->socket, sizeof address);
    return IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) != 0;
}

bool target_is_loopback(const struct target *target)
{
    for (size_t i = 0; i < target->address_count; i++)
        if (!is_loopback(&target->addresses[i]))
            return false;
    return true;
}
