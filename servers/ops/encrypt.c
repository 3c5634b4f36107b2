/*
 * encrypt.c - encrypts with AES-256-GCM, as a server does with what it sends or keeps.
 *
 * Key: the bytes 0, 1, ... 31; nonce: 12 bytes of 0, always the same, as nothing is
 * kept secret here; no additional data. Plaintext: SIZE bytes that count 0, 1, ... 255
 * over and over. Result: the tag, 16 bytes, which depends on every bit of the rest.
 */
#include <openssl/evp.h>

#include "base/quantity.h"
#include "servers/ops/first_use.h"
#include "servers/ops/op.h"
#include "servers/ops/openssl.h"

#define MAX_SIZE    (256ULL << 20)
#define BLOCK_BYTES 4096
#define TAG_BYTES   16

static const unsigned char nonce[12];

static int encrypt_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_SIZE, text, 0, MAX_SIZE, argument, error);
}

static void encrypt_run(struct op_call *call)
{
    unsigned char plain[BLOCK_BYTES], secret[BLOCK_BYTES], tag[TAG_BYTES];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (unsigned char)i;
    EVP_CIPHER_CTX *context = call->resource;
    int length;
    /* Without cipher and key: those stay as open() set them. */
    int good = EVP_EncryptInit_ex2(context, NULL, NULL, nonce, NULL);
    for (uint64_t left = call->argument; left > 0 && good == 1;) {
        int piece = left < sizeof plain ? (int)left : (int)sizeof plain;
        good = EVP_EncryptUpdate(context, secret, &length, plain, piece);
        left -= (uint64_t)piece;
    }
    if (good == 1)
        good = EVP_EncryptFinal_ex(context, secret, &length);
    if (good == 1)
        good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag);
    if (good == 1)
        op_result(call, tag, sizeof tag);
    else
        openssl_fail(call, "encrypt");
}

static void *fetch(const struct op_environment *unused)
{
    (void)unused;
    return EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static void release(void *fetched)
{
    EVP_CIPHER_free(fetched);
}

static void encrypt_stop(void *shared)
{
    first_use_stop(shared, release);
}

static int encrypt_open(void *shared, void **resource, struct error *error)
{
    unsigned char key[32];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)i;
    EVP_CIPHER *cipher = first_use_get(shared, fetch);
    EVP_CIPHER_CTX *context = cipher ? EVP_CIPHER_CTX_new() : NULL;
    if (context && EVP_EncryptInit_ex2(context, cipher, key, nonce, NULL) == 1) {
        *resource = context;
        return 0;
    }
    EVP_CIPHER_CTX_free(context);
    return openssl_error(error, "set AES-256-GCM up");
}

static void encrypt_close(void *resource)
{
    EVP_CIPHER_CTX_free(resource);
}

const struct op encrypt_op = {
    .name = "encrypt",
    .kind = OP_CPU,
    .flags = OP_SCALES,
    .summary = "encrypt so many bytes with AES-256-GCM",
    .library = "OpenSSL",
    .node = "crypto.createCipheriv: on the loop",
    .argument = "SIZE",
    .example = "256KiB",
    .parse = encrypt_parse,
    .run = encrypt_run,
    .start = first_use_start,
    .stop = encrypt_stop,
    .open = encrypt_open,
    .close = encrypt_close,
};
