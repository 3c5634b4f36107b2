/*
 * address.h - HOST:PORT as people write it, IPv6 in brackets.
 */
#ifndef SERVERS_ADDRESS_H
#define SERVERS_ADDRESS_H

#include "base/error.h"

/* Splits "HOST:PORT" or "[IPv6]:PORT" into heap strings. 0, or -EINVAL with what is
 * expected, beginning with `option`. */
MUST_CHECK int address_split(const char *option, const char *text, char **host,
                             char **port, struct error *error);

#endif
