/*
 * scrypt.c - hashes a password with much memory: scrypt (RFC 7914) with block size
 * r = 8 and p = 1, password "correct horse", salt "interleave salt." (16 bytes), 32
 * bytes of key. The argument is N, a power of two; a run takes N KiB of memory, which
 * all runs at one time take together. Result: the key.
 */
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/quantity.h"
#include "servers/ops/kdf.h"
#include "servers/ops/op.h"

#define MAX_N (1 << 15)

static int scrypt_parse(const char *text, uint64_t *argument, struct error *error)
{
    int result = quantity_parse(QUANTITY_COUNT, text, 2, MAX_N, argument, error);
    if (result == 0 && (*argument & (*argument - 1)) != 0)
        return error_set(error, -EINVAL, "expected a power of two up to %d, got \"%s\"",
                         MAX_N, text);
    return result;
}

static void scrypt_run(struct op_call *call)
{
    kdf_run(call, OSSL_KDF_PARAM_SCRYPT_N);
}

static void *fetch(const struct op_environment *unused)
{
    (void)unused;
    return EVP_KDF_fetch(NULL, "SCRYPT", NULL);
}

static int scrypt_open(void *shared, void **resource, struct error *error)
{
    uint32_t r = 8, p = 1;
    uint64_t most_bytes = 2ULL * 1024 * MAX_N;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &most_bytes),
        OSSL_PARAM_END,
    };
    return kdf_open(shared, fetch, parameters, resource, error);
}

const struct op scrypt_op = {
    .name = "scrypt",
    .kind = OP_CPU,
    .summary = "hash a password with so many KiB of memory",
    .library = "OpenSSL",
    .node = "crypto.scrypt: on libuv's pool; scryptSync: on the loop",
    .argument = "N",
    .example = "512",
    .parse = scrypt_parse,
    .run = scrypt_run,
    .start = first_use_start,
    .stop = kdf_stop,
    .open = scrypt_open,
    .close = kdf_close,
};
