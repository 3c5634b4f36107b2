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
#include "servers/ops/first_use.h"
#include "servers/ops/op.h"
#include "servers/ops/openssl.h"
#include "servers/ops/ops.h"

#define N_MOST    (1 << 15)
#define KEY_BYTES 32

static int scrypt_parse(const char *text, uint64_t *argument, struct error *error)
{
    int result = quantity_parse(QUANTITY_COUNT, text, 2, N_MOST, argument, error);
    if (result == 0 && (*argument & (*argument - 1)) != 0)
        return error_set(error, -EINVAL, "expected a power of two up to %d, got \"%s\"",
                         N_MOST, text);
    return result;
}

static void scrypt_run(struct op_call *call)
{
    unsigned char key[KEY_BYTES];
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &call->argument),
        OSSL_PARAM_END,
    };
    if (EVP_KDF_derive(call->resource, key, sizeof key, parameters) == 1)
        op_result(call, key, sizeof key);
    else
        openssl_fail(call, "derive a key");
}

static void *fetch(const struct op_environment *unused)
{
    (void)unused;
    return EVP_KDF_fetch(NULL, "SCRYPT", NULL);
}

static void release(void *fetched)
{
    EVP_KDF_free(fetched);
}

static void scrypt_stop(void *shared)
{
    first_use_stop(shared, release);
}

static int scrypt_open(void *shared, void **resource, struct error *error)
{
    char password[] = "correct horse", salt[] = "interleave salt.";
    uint32_t r = 8, p = 1;
    uint64_t most_bytes = 2ULL * 1024 * N_MOST;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, password,
                                          sizeof password - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt - 1),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &most_bytes),
        OSSL_PARAM_END,
    };
    EVP_KDF *kdf = first_use_get(shared, fetch);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    if (context && EVP_KDF_CTX_set_params(context, parameters) == 1) {
        *resource = context;
        return 0;
    }
    EVP_KDF_CTX_free(context);
    return openssl_error(error, "set scrypt up");
}

static void scrypt_close(void *resource)
{
    EVP_KDF_CTX_free(resource);
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
    .stop = scrypt_stop,
    .open = scrypt_open,
    .close = scrypt_close,
};
