/*
 * address.h - HOST:PORT as people write it, IPv6 in brackets.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>

#include "base/error.h"

/* Whether the text is 0..65535 in at most five digits: getaddrinfo takes more, and cuts
 * them off. */
bool address_is_port(const char *text);

/* Splits "HOST:PORT" or "[IPv6]:PORT" into heap strings. 0, or -EINVAL with what is
 * expected, beginning with `option`. */
MUST_CHECK int address_split(const char *option, const char *text, char **host,
                             char **port, struct error *error);

#endif
