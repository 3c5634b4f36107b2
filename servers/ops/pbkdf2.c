/*
 * pbkdf2.c - hashes a password the slow way, as a login does: PBKDF2 (RFC 8018) with
 * HMAC-SHA-256, password "correct horse", salt "interleave salt." (16 bytes), 32 bytes
 * of key. The argument is the number of iterations. Result: the key.
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/quantity.h"
#include "servers/ops/first_use.h"
#include "servers/ops/op.h"
#include "servers/ops/openssl.h"
#include "servers/ops/ops.h"

#define ITERATIONS_MOST 10000000
#define KEY_BYTES       32

static int pbkdf2_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 1, ITERATIONS_MOST, argument, error);
}

static void pbkdf2_run(struct op_call *call)
{
    unsigned char key[KEY_BYTES];
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &call->argument),
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
    return EVP_KDF_fetch(NULL, "PBKDF2", NULL);
}

static void release(void *fetched)
{
    EVP_KDF_free(fetched);
}

static void pbkdf2_stop(void *shared)
{
    first_use_stop(shared, release);
}

static int pbkdf2_open(void *shared, void **resource, struct error *error)
{
    char digest[] = "SHA256", password[] = "correct horse", salt[] = "interleave salt.";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, password,
                                          sizeof password - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt - 1),
        OSSL_PARAM_END,
    };
    EVP_KDF *kdf = first_use_get(shared, fetch);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    if (context && EVP_KDF_CTX_set_params(context, parameters) == 1) {
        *resource = context;
        return 0;
    }
    EVP_KDF_CTX_free(context);
    return openssl_error(error, "set PBKDF2 up");
}

static void pbkdf2_close(void *resource)
{
    EVP_KDF_CTX_free(resource);
}

const struct op pbkdf2_op = {
    .name = "pbkdf2",
    .kind = OP_CPU,
    .summary = "hash a password with so many iterations of HMAC-SHA-256",
    .library = "OpenSSL",
    .node = "crypto.pbkdf2: on libuv's pool; pbkdf2Sync: on the loop",
    .argument = "ITERATIONS",
    .example = "1k",
    .parse = pbkdf2_parse,
    .run = pbkdf2_run,
    .start = first_use_start,
    .stop = pbkdf2_stop,
    .open = pbkdf2_open,
    .close = pbkdf2_close,
};
