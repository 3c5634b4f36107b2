/*
 * target.h - where requests go: a URL resolved to a socket address and a Host header;
 * IPv4, IPv6 or a Unix socket.
 *
 * Plain data, filled once before threads start.
 */
#ifndef LOADGEN_TARGET_H
#define LOADGEN_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/error.h"

struct target_address {
    struct sockaddr_storage socket;
    socklen_t bytes;
};

struct target {
    struct target_address address;    /* where all connections go */
    struct target_address *addresses; /* all that the name has, as found; heap */
    size_t address_count;
    char *authority; /* "127.0.0.1:8080", for the Host header; heap */
    char *url;       /* "http://127.0.0.1:8080", for messages; heap */
    double weight;   /* its share of the connections, beside other targets */
};

/*
 * Resolves the server part of "http://HOST[:PORT][/path]" or "unix:SOCKET[:/path]" and
 * stores the path (heap) in *path, or NULL where the URL ends before it. HOST may be a
 * name, an IPv4 address, or an IPv6 address in brackets. "http://" may be left out before
 * HOST:PORT. "3*" before it all is the weight. 0, -EINVAL, or -EHOSTUNREACH where the
 * name has no address.
 */
MUST_CHECK int target_parse(struct target *target, char **path, const char *url,
                            struct error *error);
void target_release(struct target *target);

/* One more address that the name has; the first is where connections go. */
void target_add_address(struct target *target, const struct sockaddr *address,
                        socklen_t bytes);

/*
 * Of several addresses, takes the first one that accepts a connection, in the order of
 * the resolver (RFC 6724), so that all connections go to the same. A single one is not
 * tried. 0, or the -errno of the last, with what each has answered.
 */
MUST_CHECK int target_choose_address(struct target *target, struct error *error);

/* True where both name the same socket address. */
bool target_equal(const struct target *a, const struct target *b);

/* True where all its addresses belong to this machine's loopback, or to no network. */
bool target_is_loopback(const struct target *target);

/* True for 127.0.0.0/8, which can be reached from any address of 127.0.0.0/8. */
bool target_has_spare_sources(const struct target *target);

/*
 * A path must be sendable as it is: it begins with "/" and has no blanks, control
 * characters or "#". 0 or -EINVAL.
 */
MUST_CHECK int target_check_path(const char *path, struct error *error);

#endif
