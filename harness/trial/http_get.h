/*
 * http_get.h - one request of the harness itself, on a connection of its own. Nothing
 * is measured with it.
 */
#ifndef HARNESS_HTTP_GET_H
#define HARNESS_HTTP_GET_H

#include "base/error.h"

/* GETs the path from a server on this machine; 0 where the status is 200, else -EPROTO
 * with what the server said, or -errno. It may take 30 s. */
MUST_CHECK int http_get(const char *url, const char *path, struct error *error);

/* The same; and what the reply's Interleave-Digest says, which it has to have. */
#define HTTP_DIGEST_BYTES 64
MUST_CHECK int http_get_digest(const char *url, const char *path,
                               char digest[HTTP_DIGEST_BYTES], struct error *error);

#endif
