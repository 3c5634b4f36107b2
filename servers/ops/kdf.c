/* kdf.c - see kdf.h. */
#include "servers/ops/kdf.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "servers/ops/openssl.h"

int kdf_open(void *shared, first_use_make *fetch, const OSSL_PARAM parameters[],
             void **resource, struct error *error)
{
    char password[] = KDF_PASSWORD, salt[] = KDF_SALT;
    const OSSL_PARAM common[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, password,
                                          sizeof password - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt - 1),
        OSSL_PARAM_END,
    };
    EVP_KDF *kdf = first_use_get(shared, fetch);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    if (context && EVP_KDF_CTX_set_params(context, common) == 1 &&
        EVP_KDF_CTX_set_params(context, parameters) == 1) {
        *resource = context;
        return 0;
    }
    EVP_KDF_CTX_free(context);
    return openssl_error(error, "set the key derivation up");
}

void kdf_run(struct op_call *call, const char *work)
{
    unsigned char key[KDF_KEY_BYTES];
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_uint64(work, &call->argument),
        OSSL_PARAM_END,
    };
    if (EVP_KDF_derive(call->resource, key, sizeof key, parameters) == 1)
        op_result(call, key, sizeof key);
    else
        openssl_fail(call, "derive a key");
}

void kdf_close(void *resource)
{
    EVP_KDF_CTX_free(resource);
}

static void release(void *fetched)
{
    EVP_KDF_free(fetched);
}

void kdf_stop(void *shared)
{
    first_use_stop(shared, release);
}
