/*
 * resolve.c - looks a name up with getaddrinfo, which may read files and ask servers
 * and only returns when done. Meant for local names: /etc/hosts has "localhost".
 *
 * Result: the IPv4 addresses of the name, 4 bytes each in network order, ascending,
 * without duplicates; so it is that of this machine.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "servers/ops/op.h"

/* A short name is a number to the base of 39: digits are places in this list, from 1. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
#define BASE          (sizeof letters)
#define MAX_NAME      12
#define MAX_ADDRESSES 32

_Static_assert(sizeof letters == 39, "39^12 is less than 2^64");

static int resolve_parse(const char *text, uint64_t *argument, struct error *error)
{
    size_t length = strlen(text);
    if (length == 0 || length > MAX_NAME || strspn(text, letters) != length)
        return error_set(error, -EINVAL,
                         "expected a name of 1 to %d of a-z, 0-9, - and ., got \"%s\"",
                         MAX_NAME, text);
    *argument = 0;
    for (size_t i = length; i > 0; i--)
        *argument =
            *argument * BASE + (uint64_t)(strchr(letters, text[i - 1]) - letters) + 1;
    return 0;
}

static void name_of(uint64_t argument, char name[MAX_NAME + 1])
{
    for (; argument; argument /= BASE)
        *name++ = letters[argument % BASE - 1];
    *name = '\0';
}

static int compare_addresses(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct in_addr));
}

static void resolve_run(struct op_call *call)
{
    char name[MAX_NAME + 1];
    name_of(call->argument, name);
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int failure = getaddrinfo(name, NULL, &hints, &found);
    if (failure) {
        op_fail(call, 502, "cannot resolve %s: %s", name,
                failure == EAI_SYSTEM ? strerror(errno) : gai_strerror(failure));
        return;
    }
    struct in_addr addresses[MAX_ADDRESSES] = {{0}};
    size_t count = 0;
    for (const struct addrinfo *a = found; a && count < MAX_ADDRESSES; a = a->ai_next)
        memcpy(&addresses[count++],
               (const char *)a->ai_addr + offsetof(struct sockaddr_in, sin_addr),
               sizeof *addresses);
    freeaddrinfo(found);
    qsort(addresses, count, sizeof *addresses, compare_addresses);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || compare_addresses(&addresses[i - 1], &addresses[i]) != 0)
            op_result(call, &addresses[i], sizeof *addresses);
}

const struct op resolve_op = {
    .name = "resolve",
    .kind = OP_BLOCKING,
    .summary = "look a local name up",
    .library = "glibc",
    .node = "dns.lookup: on libuv's pool",
    .argument = "NAME",
    .example = "localhost",
    .parse = resolve_parse,
    .run = resolve_run,
};
