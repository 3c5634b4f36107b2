/*
 * sign.c - signs with RSA-2048, as a server does that hands out tokens: PKCS #1 v1.5
 * (RFC 8017), which is deterministic, with SHA-256, by the key below. The argument is
 * the number of signatures; the message of the first is "interleave" (10 bytes), that
 * of each other the signature before it. Result: the last signature, 256 bytes.
 *
 * The key was made for this file and protects nothing. It is fixed so that the same
 * path has the same digest everywhere.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "base/text.h"
#include "servers/ops/first_use.h"
#include "servers/ops/op.h"
#include "servers/ops/openssl.h"

#define MAX_COUNT       10000
#define SIGNATURE_BYTES 256
#define HASH_BYTES      32

static const char test_key[] =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIIEpAIBAAKCAQEAtSbt37W/3v+ydofgak4L9CQ5IV9Sm8Iug4uJq9DTNc84/IIl\n"
    "9fKpSlymLkhFPFKxhPPNa/ivgtiE97ykkwqAUcItzH2ZS9kE3ds8X1uByHuOzxAr\n"
    "8CfRmlDYnAScPeTv0I5MutKHt54ZiIihPg4MeDRhV1h7hisUfiQyndOkTMHViMsX\n"
    "uuyOoMReUoItZjJQYR/kaa+iiRhPbHk0kTc+jc/5BK/f6BSqXdazCR1lAhCyoFNj\n"
    "la6kAirANlTp7Vok7LfcQICE3oTBlhUZffV58XC8jxSaI2o8uM5omuMJosPM3cJo\n"
    "/3bze9Dudmpzmfp58mTt7fuGAwIyHv3xA3PDtwIDAQABAoIBAAZWy7woVVktrsZh\n"
    "utioIoLzQYyJaWVJ8OwUK0fNPEGFyYNh39zba6Z5LNeHGo/Mf6nHXkjeSvCpOFNI\n"
    "UU9T7r7trJdF+IykQNICpKTcRDkKbyo6cU8rat+bifjrsGFPbD+VZdn5GVwI4Zva\n"
    "1smfyY/rRVIT0T7Ardbm2AlDKVyw3Khj//gXkSD9Dol8F24fuWHwTObbzHseqxxo\n"
    "s5mrGHzzukeC5H+Y8IwIBVqyPQAUbhFNEZicnb56LyKXZ7uGq2bA8qtRtiPKuQ7D\n"
    "8CJN5Rkj7LcbVoqZK6IzeqrtNi2j/3Seog26G3DTAD6zTZKKOSf23uNhdACEd+CK\n"
    "XMArngECgYEA34GPtbw0C4mn/l26SyVGWb+Fhzwa33/S7+DK8d8w2ul0nvt7gXnp\n"
    "IRHBL4gVO+deO9H2p7T9U1RLKx6Z/SJW/k+NQ6kGlHEZBa/SNRt88aR0IdA3UiqF\n"
    "4zVFlJBnXZRoJg+WJlJkzHT013ZWNLoZs2XAiKCToUMGqyt6VwNEoV8CgYEAz30J\n"
    "oYnJV92QhVQKdfNSt1ay5xheNltgEFGBm7uyNE50JPxsLoZFHsUsk97YRNOw4oUU\n"
    "9/gcXSJFp1AnURRrKLAHm/wyVZ4kpM/5MRVLpnk53fqw5HtOOLDhShkVJhT2K8wB\n"
    "Puo5nOBWBFrFevKngdcOyydD8aCsmXF6YNy4RKkCgYEAkowmCVg0m9gPgZY9HyZ6\n"
    "oUAVsl0zlZX/Xe97wenA49is8c0c5wFjXZ6Bl8PXgGas//Ykj0P50hh0DPrMpxBM\n"
    "EAVjL5j1SoF5kaP95Xp3iw10Y/NdQo/FJ/v2+nlQfShgvYv8vHXLx89r9paN4Zag\n"
    "YWN3QV5gTh1fkv44AjOPXWsCgYAxjcdTETlJBt2ROjUVXnuO1eH8V1GI4eHbg9vU\n"
    "ecthuqr6el7L7b1sT+MJndtA9N31+5q6bkM36wt/niEFuD6vhPsMQfszf4V450K4\n"
    "ekGLDMDJRyogJ2LTH0tvCvaGFdOFOj/B6ua/lMR2Xcd0Sae/1sDtu/76IkmWjAeS\n"
    "QqSvoQKBgQChV96lUJKcgDQ+8wMXfqLJsIxaAoNyklJ1uqD3ghwJcnwW63TA1HCR\n"
    "GtcZ7pnF3Vb/CRwtX6F6a92UwN68vOIOUJUTJsjXfu+5GdsEpx7mGDDmfZmKS4qn\n"
    "sK+J2oa9od+oEuWX92j+3sWgoS1dC8hq49s58aCbjhUWC9gGPL1Qrg==\n"
    "-----END RSA PRIVATE KEY-----\n";

struct sign_shared {
    EVP_PKEY *key;
    EVP_MD *sha256;
};

struct signer {
    const struct sign_shared *shared;
    EVP_PKEY_CTX *context;
};

static int sign_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 1, MAX_COUNT, argument, error);
}

static void sign_run(struct op_call *call)
{
    static const char first[] = "interleave";
    const struct signer *signer = call->resource;
    unsigned char message[SIGNATURE_BYTES], hash[HASH_BYTES];
    size_t length = sizeof first - 1;
    memcpy(message, first, length);
    int good = 1;
    for (uint64_t i = 0; i < call->argument && good == 1; i++) {
        good = EVP_Digest(message, length, hash, NULL, signer->shared->sha256, NULL);
        length = sizeof message;
        if (good == 1)
            good = EVP_PKEY_sign(signer->context, message, &length, hash, sizeof hash);
    }
    if (good == 1)
        op_result(call, message, length);
    else
        openssl_fail(call, "sign");
}

static void release(void *made)
{
    struct sign_shared *shared = made;
    EVP_PKEY_free(shared->key);
    EVP_MD_free(shared->sha256);
    free(shared);
}

static void *make_shared(const struct op_environment *unused)
{
    (void)unused;
    struct sign_shared *shared = memory_allocate_zeroed(1, sizeof *shared);
    shared->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    BIO *pem = BIO_new_mem_buf(test_key, -1);
    if (pem)
        shared->key = PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL);
    BIO_free(pem);
    if (shared->sha256 && shared->key)
        return shared;
    release(shared);
    return NULL;
}

static void sign_stop(void *shared)
{
    first_use_stop(shared, release);
}

static void sign_close(void *resource)
{
    struct signer *signer = resource;
    EVP_PKEY_CTX_free(signer->context);
    free(signer);
}

static int sign_open(void *shared, void **resource, struct error *error)
{
    const struct sign_shared *made = first_use_get(shared, make_shared);
    if (!made)
        return openssl_error(error, "use RSA with SHA-256");
    struct signer *signer = memory_allocate(sizeof *signer);
    signer->shared = made;
    signer->context = EVP_PKEY_CTX_new_from_pkey(NULL, made->key, NULL);
    if (signer->context && EVP_PKEY_sign_init(signer->context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(signer->context, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(signer->context, made->sha256) == 1) {
        *resource = signer;
        return 0;
    }
    sign_close(signer);
    return openssl_error(error, "set RSA up");
}

const struct op sign_op = {
    .name = "sign",
    .kind = OP_CPU,
    .flags = OP_SCALES,
    .summary = "make so many signatures with RSA-2048",
    .library = "OpenSSL",
    .node = "crypto.sign: on the loop; with a callback: on libuv's pool",
    .argument = "COUNT",
    .example = "1",
    .parse = sign_parse,
    .run = sign_run,
    .start = first_use_start,
    .stop = sign_stop,
    .open = sign_open,
    .close = sign_close,
};
