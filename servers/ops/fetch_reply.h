/*
 * fetch_reply.h - the upstream's reply to a fetch, without any I/O: bytes in, and in
 * the end a status, a digest, and whether the connection may be used again. The body is
 * not kept.
 */
#ifndef SERVERS_OPS_FETCH_REPLY_H
#define SERVERS_OPS_FETCH_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/http_reply.h"

enum fetch_reply_state {
    FETCH_REPLY_OPEN,     /* more has to come                                       */
    FETCH_REPLY_COMPLETE, /* the members below are final                            */
    FETCH_REPLY_BROKEN,   /* this is no HTTP, or it ended too early: see `why`       */
};

struct fetch_reply {
    struct http_reply http; /* its first member: the reader's callback gets this */
    enum fetch_reply_state state;
    int status;
    uint32_t digest;   /* Interleave-Digest, or the CRC-32 of the body without one */
    bool has_digest;   /* the reply said Interleave-Digest */
    bool keeps_alive;  /* the connection is ready for another request */
    bool is_head_read; /* the digest was looked for */
    const char *why;   /* static */
    size_t head_bytes; /* so far, to bound it */
};

void fetch_reply_start(struct fetch_reply *reply);

/* What was read; `length` 0 is the end of the connection. */
enum fetch_reply_state fetch_reply_receive(struct fetch_reply *reply, const char *bytes,
                                           size_t length);

#endif
