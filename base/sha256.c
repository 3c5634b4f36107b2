/* sha256.c - see sha256.h. */
#include "base/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libcrypto only fails here without memory: as everywhere in base, that aborts. */
static void must(int good)
{
    if (good != 1)
        abort();
}

static EVP_MD_CTX *begin(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context && EVP_DigestInit_ex(context, EVP_sha256(), NULL));
    return context;
}

static void finish(EVP_MD_CTX *context, char sum[SHA256_TEXT_BYTES])
{
    unsigned char digest[(SHA256_TEXT_BYTES - 1) / 2];
    must(EVP_DigestFinal_ex(context, digest, NULL));
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(sum + 2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(context);
}

void sha256_bytes(const void *bytes, size_t length, char sum[SHA256_TEXT_BYTES])
{
    EVP_MD_CTX *context = begin();
    must(EVP_DigestUpdate(context, bytes, length));
    finish(context, sum);
}

int sha256_file(const char *path, char sum[SHA256_TEXT_BYTES], struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, -errno, "%s: cannot open: %s", path, strerror(errno));
    EVP_MD_CTX *context = begin();
    char chunk[65536];
    ssize_t got;
    int failure = 0;
    while ((got = read(fd, chunk, sizeof chunk)) != 0 && failure == 0) {
        if (got > 0)
            must(EVP_DigestUpdate(context, chunk, (size_t)got));
        else if (errno != EINTR)
            failure = errno;
    }
    close(fd);
    finish(context, sum);
    return failure ? error_set(error, -failure, "%s: cannot read: %s", path,
                               strerror(failure))
                   : 0;
}
