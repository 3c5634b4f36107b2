/*
 * openssl.h - what went wrong, in OpenSSL's words. Its queue of errors belongs to the
 * thread; these empty it.
 */
#ifndef SERVERS_OPS_OPENSSL_H
#define SERVERS_OPS_OPENSSL_H

#include "servers/ops/op.h"

/* For start and open: "cannot <do>: <why>"; returns -ENOTSUP. */
int openssl_error(struct error *error, const char *what);

/* For run: fails the call with status 500. */
void openssl_fail(struct op_call *call, const char *what);

#endif
