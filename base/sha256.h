/*
 * sha256.h - SHA-256 as sha256sum prints it, by libcrypto. Thread-safe.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>

#include "base/error.h"

/* 64 hexadecimal digits and a NUL. */
#define SHA256_TEXT_BYTES 65

void sha256_bytes(const void *bytes, size_t length, char sum[SHA256_TEXT_BYTES]);

/* Of a file's content, however large it is. 0 or -errno. */
MUST_CHECK int sha256_file(const char *path, char sum[SHA256_TEXT_BYTES],
                           struct error *error);

#endif
