/*
 * kdf.h - what the ops that hash a password share: OpenSSL's key derivation, fetched
 * once for the server, with a context for each thread that keeps what never changes.
 */
#ifndef SERVERS_OPS_KDF_H
#define SERVERS_OPS_KDF_H

#include <openssl/params.h>

#include "servers/ops/first_use.h"
#include "servers/ops/op.h"

#define KDF_PASSWORD  "correct horse"
#define KDF_SALT      "interleave salt."
#define KDF_KEY_BYTES 32

/*
 * For open: a context of the derivation that `fetch` makes at its first use, with the
 * password, the salt and `parameters` (which end with OSSL_PARAM_END).
 */
MUST_CHECK int kdf_open(void *shared, first_use_make *fetch,
                        const OSSL_PARAM parameters[], void **resource,
                        struct error *error);

/* For run: derives a key, its result, with call->argument as the parameter `work`. */
void kdf_run(struct op_call *call, const char *work);

/* For close and stop. */
void kdf_close(void *resource);
void kdf_stop(void *shared);

#endif
