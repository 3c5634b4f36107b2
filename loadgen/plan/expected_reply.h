/*
 * expected_reply.h - what a good reply to one request is known by: the number of its body
 * bytes, and the value of its Interleave-Digest header where it has one.
 *
 * The first good reply that any thread sees fixes both, and all later replies are held
 * against it. A digest that the plan gives takes the place of the learned one: a reply
 * without it is never good. Of a digest the first HTTP_REPLY_DIGEST_BYTES count.
 *
 * Threads: shared by all of them, under a lock of its own. Each thread takes that lock
 * once for each request and keeps a copy of what it found (struct pattern).
 */
#ifndef LOADGEN_EXPECTED_REPLY_H
#define LOADGEN_EXPECTED_REPLY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reply_content {
    uint64_t body_bytes;
    uint64_t digest; /* FNV-1a of the Interleave-Digest header's value */
    bool has_digest;
};

struct expected_reply {
    pthread_mutex_t lock;
    bool digest_given;            /* fixed before threads start, with given_digest */
    uint64_t given_digest;        /* as in struct reply_content */
    bool known;                   /* guarded by lock */
    struct reply_content content; /* guarded by lock; fixed once known */
};

/* `digest` is the text that Interleave-Digest must have, or NULL: it is learned. */
void expected_reply_init(struct expected_reply *expected, const char *digest);
void expected_reply_release(struct expected_reply *expected);

/* The content of the first good reply, which is the one that was just seen if there was
 * none before. */
struct reply_content expected_reply_learn(struct expected_reply *expected,
                                          const struct reply_content *seen);

/* The FNV-1a by which the value of an Interleave-Digest header is compared. */
uint64_t expected_reply_hash(const char *digest, size_t length);

#endif
