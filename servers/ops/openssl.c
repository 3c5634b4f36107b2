/* openssl.c - see openssl.h. */
#include "servers/ops/openssl.h"

#include <errno.h>
#include <openssl/err.h>
#include <stddef.h>

/* The first error is the cause, those after it are what came of it. */
static const char *take_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return reason ? reason : "OpenSSL does not say why";
}

int openssl_error(struct error *error, const char *what)
{
    return error_set(error, -ENOTSUP, "cannot %s: %s", what, take_reason());
}

void openssl_fail(struct op_call *call, const char *what)
{
    op_fail(call, 500, "cannot %s: %s", what, take_reason());
}
