/*
 * target.h - where requests go: a URL resolved to a socket address and a Host header;
 * IPv4, IPv6 or a Unix socket.
 *
 * Plain data, filled once before threads start.
 */
#ifndef LOADGEN_TARGET_H
#define LOADGEN_TARGET_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"

struct target {
    struct sockaddr_storage address;
    socklen_t address_bytes;
    char *authority; /* "127.0.0.1:8080", for the Host header; heap */
    char *url;       /* "http://127.0.0.1:8080", for messages; heap */
    double weight;   /* its share of the connections, beside other targets */
};

/*
 * Resolves the server part of "http://HOST[:PORT][/path]" or "unix:SOCKET[:/path]" and
 * stores the path (heap) in *path, or NULL where the URL ends before it. HOST may be a
 * name, an IPv4 address, or an IPv6 address in brackets; of several addresses the first
 * one that accepts connections is taken. "http://" may be left out before HOST:PORT. "3*"
 * before it all is the weight. 0, -EINVAL, or -EHOSTUNREACH where the name has no
 * address.
 */
MUST_CHECK int target_parse(struct target *target, char **path, const char *url,
                            struct error *error);
void target_release(struct target *target);

/* True where both name the same socket address. */
bool target_equal(const struct target *a, const struct target *b);

/* True where the address belongs to this machine's loopback, or to no network. */
bool target_is_loopback(const struct target *target);

/* True for 127.0.0.0/8, which can be reached from any address of 127.0.0.0/8. */
bool target_has_spare_sources(const struct target *target);

/*
 * A path must be sendable as it is: it begins with "/" and has no blanks, control
 * characters or "#". 0 or -EINVAL.
 */
MUST_CHECK int target_check_path(const char *path, struct error *error);

#endif
