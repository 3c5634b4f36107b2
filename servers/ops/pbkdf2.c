/*
 * pbkdf2.c - hashes a password the slow way, as a login does: PBKDF2 (RFC 8018) with
 * HMAC-SHA-256, password "correct horse", salt "interleave salt." (16 bytes), 32 bytes
 * of key. The argument is the number of iterations. Result: the key.
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/quantity.h"
#include "servers/ops/kdf.h"
#include "servers/ops/op.h"

#define MAX_ITERATIONS 10000000

static int pbkdf2_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 1, MAX_ITERATIONS, argument, error);
}

static void pbkdf2_run(struct op_call *call)
{
    kdf_run(call, OSSL_KDF_PARAM_ITER);
}

static void *fetch(const struct op_environment *unused)
{
    (void)unused;
    return EVP_KDF_fetch(NULL, "PBKDF2", NULL);
}

static int pbkdf2_open(void *shared, void **resource, struct error *error)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_END,
    };
    return kdf_open(shared, fetch, parameters, resource, error);
}

const struct op pbkdf2_op = {
    .name = "pbkdf2",
    .kind = OP_CPU,
    .flags = OP_SCALES,
    .summary = "hash a password with so many iterations of HMAC-SHA-256",
    .library = "OpenSSL",
    .node = "crypto.pbkdf2: on libuv's pool; pbkdf2Sync: on the loop",
    .argument = "ITERATIONS",
    .example = "1k",
    .parse = pbkdf2_parse,
    .run = pbkdf2_run,
    .start = first_use_start,
    .stop = kdf_stop,
    .open = pbkdf2_open,
    .close = kdf_close,
};
